#pragma once
#include <memory>

#include "resource/hooks.h"
#include "services/neutron/attribute.h"

namespace haneul::neutron {

using resource::Hooks;
using resource::Member;
using resource::RowFacts;
using resource::rows_of;
using resource::WriteMember;
using Noun = std::shared_ptr<const resource::Noun>;

// If-Match: revision_number=5. Throws RevisionNumberConstraintFailed.
void check_revision(const resource::Call& call, const resource::Resource& resource,
                    const void* row);
// What every noun has beside its own: tenant_id, filters by tags.
void add_common(const resource::Resource& resource, std::vector<Member>& members,
                resource::Filter& filter);

// A noun as the frame's verbs take it, with what all of Neutron's have in common.
template <class T>
Noun neutron_noun(const resource::Resource& resource, Hooks<T> h) {
  add_common(resource, h.members, h.filter);
  h.before_update = [&resource, inner = h.before_update](resource::Change& c, const T& old,
                                                         T& fresh) {
    check_revision(c.call, resource, &old);
    if (inner) inner(c, old, fresh);
  };
  h.before_remove = [&resource, inner = h.before_remove](resource::Change& c, const T& row) {
    check_revision(c.call, resource, &row);
    if (inner) inner(c, row);
  };
  return resource::make_noun<T>(resource, std::move(h));
}

}  // namespace haneul::neutron
