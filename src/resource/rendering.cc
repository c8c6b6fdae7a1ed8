#include "resource/rendering.h"

#include <algorithm>

#include <fmt/format.h>

#include "access/policy.h"
#include "resource/dialect.h"
#include "resource/service.h"

namespace haneul::resource {
namespace {

bool may_see(const Call& call, const Noun& noun, const Field& f, const void* row) {
  if ((f.guarded_by & show) == 0) return true;
  const auto rule = fmt::format("{}:{}", noun.resource.policy.show, f.name);
  return !call.service().policy().has(rule) || call.allowed(rule, RowTarget(noun.resource, row));
}

}  // namespace

Rendering::Rendering(const Call& call, db::Session& session, const Noun& noun, const RowList& rows,
                     Verb verb, std::vector<std::string_view> selected)
    : call_(call), noun_(noun), selected_(std::move(selected)) {
  if (rows.size() == 0) return;
  for (const Field& f : noun.resource.fields) {
    if (!f.shown(verb, call.version()) || !wanted(f.name)) continue;
    if (may_see(call, noun, f, rows.at(0))) shown_.push_back(&f);
  }
  for (const Member& m : noun.members) {
    if (wanted(m.name)) members_.push_back(m.prepare(call, session, rows));
  }
}

bool Rendering::wanted(std::string_view name) const {
  return selected_.empty() || name.empty() ||
         std::find(selected_.begin(), selected_.end(), name) != selected_.end();
}

void Rendering::write(json::Writer& w, const void* row) const {
  const TimeStyle style = call_.dialect().time_style();
  w.begin_object();
  for (const Field* f : shown_) {
    w.key(f->name);
    f->codec->write(w, f->member(const_cast<void*>(row)), style);
  }
  call_.dialect().row_links(w, call_, noun_.resource, std::string(noun_.key_of(row)));
  for (const auto& write_member : members_) write_member(row, w);
  w.end_object();
}

}  // namespace haneul::resource
