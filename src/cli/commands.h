#pragma once
#include "cli/options.h"

namespace haneul::cli {

// One function per subcommand; each returns the exit code and prints for people.
int up(const Options& options, const char* program);
int serve(const Options& options);
int agent(const Options& options);
int down(const Options& options);
int status(const Options& options);
int doctor(const Options& options);
// The history of changes, on and on with --follow.
int events(const Options& options);
int fernet_rotate(const Options& options);
// Keys for tokens that are JSON web signatures.
int create_jws_keypair(const Options& options);
// Copies an upstream Keystone's database into a cloud that does not run.
int adopt(const Options& options);
int routes();
int reference(const Options& options);
// Whether a caller may, and why: exit code 0 if so, 1 if not, 2 if there is no such policy.
int policy(const Options& options);
int version();

}  // namespace haneul::cli
