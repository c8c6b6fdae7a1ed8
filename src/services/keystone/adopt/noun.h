#pragma once
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "services/keystone/adopt/adopt.h"
#include "services/keystone/adopt/given.h"
#include "services/keystone/adopt/here.h"
#include "services/keystone/logic/fernet.h"

namespace haneul::keystone {

// How rows of the source become rows here.
struct AdoptedNoun {
  std::string_view name;
  Shape here;
  std::string select;
  // Fills the cells, or says why the row is left.
  std::function<std::string(const Given&, Cells&, Here&)> map;
  // Columns with the id of a row that must be here, unless they are empty.
  struct Reference {
    std::size_t column;
    std::string_view table, what;
  };
  std::vector<Reference> refers = {};
  // Names, in the domain "default" or without a domain, that the bootstrap makes: theirs are
  // joined.
  std::set<std::string, std::less<>> bootstrapped = {};
};

struct CredentialKeys {
  FernetKeys theirs, ours;
  Instant now;
};

// In the order that lets references be found. Reads small tables of the source at once.
std::vector<AdoptedNoun> identity_nouns(db::Foreign& source);
AdoptedNoun directory_id_noun();
std::vector<AdoptedNoun> assignment_nouns();
std::vector<AdoptedNoun> catalog_nouns(const Adoption& adoption);
std::vector<AdoptedNoun> limit_nouns();
std::vector<AdoptedNoun> delegation_nouns();
std::vector<AdoptedNoun> federation_nouns(db::Foreign& source);
AdoptedNoun credential_noun(CredentialKeys keys);
AdoptedNoun revocation_noun();

}  // namespace haneul::keystone
