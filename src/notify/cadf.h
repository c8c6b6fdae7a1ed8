#pragma once
#include "json/writer.h"
#include "notify/event.h"

namespace haneul::notify {

// The entry as it is.
void write_entry(json::Writer& w, const Entry& entry);
// As a CADF event (DMTF DSP0262), the way upstream's services write them.
// upstream: openstack/keystone:keystone/notifications.py, openstack/pycadf:pycadf/cadftaxonomy.py
void write_cadf(json::Writer& w, const Entry& entry);

}  // namespace haneul::notify
