#pragma once
#include <string_view>
#include <vector>

#include "db/database.h"
#include "json/writer.h"
#include "resource/call.h"
#include "resource/hooks.h"

namespace haneul::resource {

// How the rows of one answer are written: which members this version and verb show, which of them
// this caller may see, and what the noun adds. Guarded members are asked for once, on the first
// row: their rules say who the caller is, not what the row is.
// upstream: openstack/neutron:neutron/pecan_wsgi/hooks/policy_enforcement.py
class Rendering {
 public:
  // `selected`: the members asked for; empty: all.
  Rendering(const Call& call, db::Session& session, const Noun& noun, const RowList& rows,
            Verb verb, std::vector<std::string_view> selected = {});

  void write(json::Writer& w, const void* row) const;

 private:
  bool wanted(std::string_view name) const;

  const Call& call_;
  const Noun& noun_;
  const std::vector<std::string_view> selected_;
  std::vector<const Field*> shown_;
  std::vector<WriteMember> members_;
};

}  // namespace haneul::resource
