#pragma once
#include <string>

#include "flow/engine.h"
#include "flow/program.h"
#include "services/glance/parts.h"

namespace haneul::glance {

// Makes staged data an image's data: hashes and inspects it, moves the file, activates the row.
// Repeating the step is safe: the file is looked for in both places.
struct ImportImage {
  std::string image_id, task_id;

  Parts* parts = nullptr;

  flow::Outcome store(const flow::Visit& visit);
  void unstore(const flow::Visit& visit);
  void failed(db::Transaction& tx, const std::string& reason);
};

extern const flow::Program<ImportImage> kImportImage;

}  // namespace haneul::glance
