#include "drivers/directory/fake_directory.h"

#include <algorithm>

#include "base/text.h"
#include "drivers/directory/fake_filter.h"
#include "drivers/directory/names.h"

namespace haneul::directory {
namespace {

bool is_within(const std::string& dn, const Search& wanted) {
  const auto name = parse_dn(dn), base = parse_dn(wanted.base);
  if (!name || !base || name->size() < base->size()) return false;
  const std::string whole = comparable_dn(dn), end = comparable_dn(wanted.base);
  if (!end.empty() && whole != end && !whole.ends_with("," + end)) return false;
  const std::size_t below = name->size() - base->size();
  if (wanted.scope == Scope::base) return below == 0;
  return wanted.scope == Scope::subtree || below == 1;
}

Entry with_attributes(const Entry& entry, const std::vector<std::string>& names) {
  if (names.empty()) return entry;
  Entry part{entry.dn, {}};
  for (const auto& name : names) {
    if (const auto* values = entry.find(name)) part.attributes[lower(name)] = *values;
  }
  return part;
}

}  // namespace

void FakeDirectory::put(Entry entry) {
  std::map<std::string, std::vector<std::string>> attributes;
  for (auto& [name, values] : entry.attributes) attributes[lower(name)] = std::move(values);
  entry.attributes = std::move(attributes);
  remove(entry.dn);
  const std::lock_guard lock(mutex_);
  entries_.push_back(std::move(entry));
}

void FakeDirectory::remove(const std::string& dn) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const Entry& e) { return comparable_dn(e.dn) == comparable_dn(dn); });
}

void FakeDirectory::set_reachable(bool reachable) {
  const std::lock_guard lock(mutex_);
  reachable_ = reachable;
}

std::vector<Search> FakeDirectory::searches() const {
  const std::lock_guard lock(mutex_);
  return {searches_.rbegin(), searches_.rend()};
}

void FakeDirectory::check_reachable() const {
  if (!reachable_) throw Unreachable("Can't contact LDAP server");
}

std::vector<Entry> FakeDirectory::search(const Search& wanted) {
  const std::lock_guard lock(mutex_);
  searches_.push_back(wanted);
  check_reachable();
  std::vector<Entry> found;
  for (const Entry& entry : entries_) {
    if (!is_within(entry.dn, wanted) || !meets(entry, wanted.filter, entries_)) continue;
    found.push_back(with_attributes(entry, wanted.attributes));
  }
  return found;
}

bool FakeDirectory::accepts(const std::string& dn, const std::string& password) {
  const std::lock_guard lock(mutex_);
  check_reachable();
  if (password.empty()) return false;
  for (const Entry& entry : entries_) {
    if (comparable_dn(entry.dn) != comparable_dn(dn)) continue;
    const auto* own = entry.find("userPassword");
    return own && std::find(own->begin(), own->end(), password) != own->end();
  }
  return false;
}

}  // namespace haneul::directory
