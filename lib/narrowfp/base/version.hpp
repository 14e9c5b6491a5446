// SPDX-License-Identifier: Apache-2.0
// The version of the library, as macros. This file is the one place it is written down: the build system, the package
// configuration and the programs read it from here. Semantic versioning; while MAJOR is 0 a new MINOR may break users.
#pragma once

#define NARROWFP_VERSION_MAJOR 0
#define NARROWFP_VERSION_MINOR 1
#define NARROWFP_VERSION_PATCH 0

// One integer that grows with the version: 1.2.3 is 10203. `#if NARROWFP_VERSION >= 200` asks for 0.2.0 or later.
#define NARROWFP_VERSION (NARROWFP_VERSION_MAJOR * 10000 + NARROWFP_VERSION_MINOR * 100 + NARROWFP_VERSION_PATCH)

// "MAJOR.MINOR.PATCH"
#define NARROWFP_DETAIL_TEXT_OF(token) #token
#define NARROWFP_DETAIL_DOTTED(major, minor, patch) \
    NARROWFP_DETAIL_TEXT_OF(major) "." NARROWFP_DETAIL_TEXT_OF(minor) "." NARROWFP_DETAIL_TEXT_OF(patch)
#define NARROWFP_VERSION_STRING \
    NARROWFP_DETAIL_DOTTED(NARROWFP_VERSION_MAJOR, NARROWFP_VERSION_MINOR, NARROWFP_VERSION_PATCH)
