// SPDX-License-Identifier: Apache-2.0
// Formats, their value types with arithmetic, and conversion of arrays.
#pragma once

#include <narrowfp/base/event_counts.hpp>
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/format/element_format.hpp>
#include <narrowfp/format/packed.hpp>
#include <narrowfp/format/types.hpp>
#include <narrowfp/format/value.hpp>
#include <narrowfp/round/construct.hpp>
#include <narrowfp/round/convert.hpp>
#include <narrowfp/round/philox.hpp>
