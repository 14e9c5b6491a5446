// SPDX-License-Identifier: Apache-2.0
// Umbrella header of report/: records and their files (JSON, CSV), tables for the terminal and for Markdown,
// figures, HTML pages, progress.
// Needs the compiled library narrowfp::narrowfp.
#pragma once

#include <narrowfp/report/badge.hpp>
#include <narrowfp/report/csv.hpp>
#include <narrowfp/report/figure.hpp>
#include <narrowfp/report/html.hpp>
#include <narrowfp/report/json.hpp>
#include <narrowfp/report/markdown.hpp>
#include <narrowfp/report/progress.hpp>
#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>
#include <narrowfp/report/text.hpp>
#include <narrowfp/report/write_file.hpp>
