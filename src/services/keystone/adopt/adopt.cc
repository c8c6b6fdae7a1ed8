#include "services/keystone/adopt/adopt.h"

#include <stdexcept>

#include <fmt/format.h>

#include "services/keystone/adopt/noun.h"
#include "services/keystone/adopt/source.h"
#include "services/keystone/epochs.h"
#include "services/keystone/logic/key_repository.h"

namespace haneul::keystone {
namespace {

constexpr std::int64_t kProgressRows = 20'000;
// Upstream encrypts with this one where it has not been given keys.
// upstream: openstack/keystone:keystone/common/fernet_utils.py (NULL_KEY)
constexpr std::string_view kNullKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

std::string id_of(const Cells& cells) {
  return std::get<std::string>(cells[0]);
}

std::string text_of(const Cell& cell) {
  const auto* text = std::get_if<std::string>(&cell);
  return text ? *text : std::string();
}

// What is here under the name, made by the bootstrap, becomes the source's row; anybody else's
// work stays, and the source's row is left.
std::string make_way(const AdoptedNoun& noun, const Cells& cells, Here& here, Adopted& told) {
  const auto other = here.other_of_name(noun.here, cells);
  if (!other) return {};
  const std::string name = text_of(cells[noun.here.name.front()]);
  const std::string where = noun.here.name.size() > 1 ? text_of(cells[noun.here.name[1]]) : "";
  const bool usual_place =
      noun.here.table == "catalog_services" || where.empty() || where == "default";
  if (!noun.bootstrapped.contains(name) || !usual_place ||
      here.has(noun.here.table, id_of(cells))) {
    return "another one of the same name is here";
  }
  here.rename(*other, id_of(cells));
  told.joined.push_back(name);
  return {};
}

std::string missing(const AdoptedNoun& noun, const Cells& cells, Here& here) {
  for (const auto& reference : noun.refers) {
    const std::string id = text_of(cells[reference.column]);
    if (!id.empty() && !here.has(reference.table, id)) {
      return fmt::format("its {} is not here", reference.what);
    }
  }
  return {};
}

void take_row(const AdoptedNoun& noun, const Given& given, Here& here, Adopted& told) {
  Cells cells;
  std::string reason = noun.map(given, cells, here);
  if (reason.empty()) reason = missing(noun, cells, here);
  if (reason.empty()) reason = make_way(noun, cells, here, told);
  if (!reason.empty()) {
    ++told.left[reason];
    return;
  }
  const Fate fate = here.put(noun.here, cells);
  ++(fate == Fate::fresh ? told.fresh : fate == Fate::changed ? told.changed : told.unchanged);
}

Adopted take(const AdoptedNoun& noun, db::Database& database, Epochs& epochs,
             const Adoption& adoption) {
  return database.write([&](db::Transaction& tx) {
    Here here(tx);
    Adopted told{.noun = std::string(noun.name)};
    adoption.source.each(noun.select, [&](db::Foreign::Values values) {
      take_row(noun, Given(values), here, told);
      if (++told.read % kProgressRows == 0 && adoption.progress) {
        adoption.progress(noun.name, told.read);
      }
    });
    if (told.fresh + told.changed > 0) epochs.change_all(tx);
    return told;
  });
}

CredentialKeys credential_keys(const Adoption& adoption, const Options& options,
                               const Clock& clock) {
  CredentialKeys keys{.now = clock.now()};
  KeyRepository ours(options.key_directory / "credential-keys", clock);
  if (const auto made = ours.setup(); !made) throw std::runtime_error(made.reason());
  keys.ours = **ours.keys();
  if (!adoption.credential_keys.empty()) {
    const auto theirs = KeyRepository(adoption.credential_keys, clock).keys();
    if (!theirs) throw std::runtime_error(theirs.reason());
    keys.theirs = **theirs;
  }
  keys.theirs.push_back(*FernetKey::parse(kNullKey));
  return keys;
}

void append(std::vector<AdoptedNoun>& nouns, std::vector<AdoptedNoun> more) {
  std::move(more.begin(), more.end(), std::back_inserter(nouns));
}

}  // namespace

std::vector<Adopted> adopt(db::Database& database, const Options& options, const Clock& clock,
                           const Adoption& adoption) {
  refuse_what_is_no_keystone(adoption.source);
  std::vector<AdoptedNoun> nouns = identity_nouns(adoption.source);
  append(nouns, assignment_nouns());
  append(nouns, catalog_nouns(adoption));
  append(nouns, limit_nouns());
  append(nouns, delegation_nouns());
  append(nouns, federation_nouns(adoption.source));
  nouns.push_back(credential_noun(credential_keys(adoption, options, clock)));
  nouns.push_back(revocation_noun());
  std::vector<Adopted> all;
  const auto tell = [&](Adopted told) {
    if (adoption.done) adoption.done(told);
    all.push_back(std::move(told));
  };
  const auto epochs = std::make_unique<Epochs>(database, clock);
  for (const auto& noun : nouns) tell(take(noun, database, *epochs, adoption));
  for (auto& left : what_is_left(adoption.source)) tell(std::move(left));
  return all;
}

}  // namespace haneul::keystone
