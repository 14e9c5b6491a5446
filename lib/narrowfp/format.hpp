// SPDX-License-Identifier: Apache-2.0
// Formats, their value types with arithmetic, and conversion of arrays.
#pragma once

#include <narrowfp/base/event_counts.hpp>
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/format/element_format.hpp>
#include <narrowfp/format/hash.hpp>
#include <narrowfp/format/limits.hpp>
#include <narrowfp/format/packed.hpp>
#include <narrowfp/format/text.hpp>
#include <narrowfp/format/types.hpp>
#include <narrowfp/format/value.hpp>
#include <narrowfp/round/construct.hpp>
#include <narrowfp/round/convert.hpp>
#include <narrowfp/round/e8m0.hpp>
#include <narrowfp/round/functions.hpp>
#include <narrowfp/round/philox.hpp>
#include <narrowfp/round/profile.hpp>
#include <narrowfp/round/tf32.hpp>
