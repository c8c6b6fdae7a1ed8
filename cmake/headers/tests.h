// The same for tests.
#include "all.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
