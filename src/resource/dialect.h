#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "http/message.h"
#include "json/value.h"
#include "resource/codec.h"
#include "resource/field.h"
#include "resource/fwd.h"
#include "resource/problem.h"
#include "resource/quota.h"
#include "resource/version.h"

namespace haneul::resource {

// How a list is cut into pages in this service's words.
struct Paging {
  std::string_view limit = "limit", marker = "marker";
  std::string_view sort_key = "sort_key", sort_dir = "sort_dir";
  std::int64_t page_max = 1000;
  bool unlimited_by_default = false;  // without `limit` everything is given (Keystone, Neutron)
  bool each_key_has_dir = false;      // a sort key without its direction is refused
  bool marker_needs_limit = false;    // without `limit` a marker means nothing (Neutron)
  std::string_view reverse = {};      // key that turns the pages round ("page_reverse"), if any
};

// What a list's end needs to know of the page just written.
struct PageEnd {
  std::string first, last;  // keys of the first and the last row written; empty without rows
  std::int64_t rows = 0;
  std::int64_t limit = -1;  // rows of a page; -1: there are no pages
  bool more = false;        // rows follow (in a reversed page: come before)
  bool reversed = false;

  const std::string& next_marker() const { return more ? last : kNone; }

 private:
  static const std::string kNone;
};

// The objects of a body: one under the noun's name, or several where a service takes many at once.
struct Items {
  std::vector<json::Object> objects;
  bool bulk = false;  // answered as a list
};

// All in which one service's HTTP differs from another's. One object per service, used by many
// threads at once; it keeps no state.
class Dialect {
 public:
  virtual ~Dialect() = default;

  // The body and status of a failure. `version` is what the request was negotiated to.
  virtual http::Response error(const Fault& fault, const Version& version,
                               const std::string& request_id) const = 0;
  // The same where the answer depends on the request: what the client accepts, its method.
  virtual http::Response error_for(const http::Request&, const Fault& fault, const Version& version,
                                   const std::string& request_id) const {
    return error(fault, version, request_id);
  }
  // Reads the version headers; throws Fault::not_acceptable or bad_request. {0, 0} without
  // microversions.
  virtual Version negotiate(const http::Headers&) const { return {}; }
  // The headers that say which version answered; also put on errors.
  virtual void announce(const Version&, http::Headers&) const {}

  virtual TimeStyle time_style() const { return TimeStyle::seconds_z; }
  virtual const Paging& paging() const;

  // A request's value is wrong: the sentence, as a Fault.
  virtual Fault invalid(const Problem& problem) const = 0;
  // "Could not find network X."
  virtual Fault no_such(const Resource& resource, std::string_view key) const = 0;
  // The database already has one; `columns` as db::Duplicate names them.
  virtual Fault duplicate(const Resource& resource, std::string_view columns) const;
  virtual Fault over_quota(const Quota::Over& over) const = 0;
  // The policy said no to `rule`. `seen` tells whether the caller may know that the row exists.
  virtual Fault refused(std::string_view rule, bool seen) const;
  // No token, or one that is no longer good.
  virtual Fault unauthenticated() const;
  virtual Fault no_such_path() const;
  virtual Fault wrong_method() const;
  virtual Fault body_too_large(std::uint64_t bytes_max) const;
  virtual Fault not_json(std::string_view why) const;

  // The same where several rules were asked together, `rule` being the one that said no.
  virtual Fault refused_among(std::string_view rule, const std::vector<std::string>& asked,
                              bool seen) const;

  // The body of a create or an update.
  virtual Items read_items(Call&, const Resource&, Verb) const;
  // Brings an object's keys into the noun's own words before they are looked at.
  virtual void adjust(const Call&, const Resource&, json::Object&) const {}
  // Converts a value to the member's type where the service takes more than that; a list's filter
  // (Verb::list) is converted, but not limited.
  virtual Refusal convert(const Field&, json::Value&, Verb) const { return std::nullopt; }
  // Is an update's body checked before its row is looked for?
  virtual bool checks_before_finding() const { return false; }
  // What a DELETE must not be like.
  virtual void check_remove(const http::Request&) const {}

  // Members behind a page: next links, totals. Written inside the list's object.
  virtual void end_list(json::Writer&, const Call&, const Resource&, const PageEnd&) const;
  // Links that every row carries ({"self": …}), if the service has them.
  virtual void row_links(json::Writer&, const Call&, const Resource&, const std::string& key) const;
  // May keys that nobody knows be in a body? They are ignored then.
  virtual bool unknown_keys_ignored(const Resource&) const { return false; }
  // May a key of the query string that nobody knows be there? It is ignored then.
  virtual bool unknown_filters_ignored(const Resource&) const { return true; }
  // "name=a&name=b" asks for either (Neutron); otherwise the last one counts.
  virtual bool repeated_filter_is_any() const { return false; }
  // The query key that names the members to show ("fields"), if the service has one.
  virtual std::string_view field_selector() const { return {}; }
  // A fresh id for a row of this noun.
  virtual std::string new_id(const Resource&) const;
  // Absent rows are "not found" only for callers whom the policy lets through without a row
  // (Keystone: 403 for the others); else everybody learns that there is none.
  virtual bool absence_is_guarded() const { return false; }
  // name__contains=a, name__istartswith=a and their like filter texts (Keystone).
  virtual bool filters_compare() const { return false; }
  // The last touch on an error's answer, with the request at hand: WWW-Authenticate and its like.
  virtual void finish_error(const http::Request&, http::Response&) const {}
  // Is everybody answered with the rows that are his to see, be they none (Neutron)? Else the
  // policy of the list is asked first.
  virtual bool lists_are_open() const { return false; }
  // Does this caller see all projects' rows in a project-scoped list?
  virtual bool sees_all(const Call&) const = 0;
};

}  // namespace haneul::resource
