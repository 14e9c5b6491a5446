#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of check_tree.py: each rule reports a deliberate violation, and a clean tree passes."""
import pathlib
import tempfile
import unittest

import check_tree

HEAD = "// " + check_tree.LICENCE + "\n"


class CheckTree(unittest.TestCase):
    LAYERS = """| folder | owns | may include |
|---|---|---|
| `support/` | a | - |
| `train/model/` | b | `support/` |
| `claim/` | c | `train/model/` |
| `.` | suites | `support/` |
"""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for module in check_tree.MAY_INCLUDE:
            self.write(f"lib/narrowfp/{module}/{module}.hpp", "#include <vector>\n")
        self.write("lib/narrowfp/narrowfp.hpp", "#include <narrowfp/base/base.hpp>\n#include <narrowfp/cost/cost.hpp>\n")
        self.write_bench()

    def write(self, name, text, head=HEAD):
        path = pathlib.Path(self.folder.name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + text, encoding="utf-8")

    def write_bench(self, layers=LAYERS):
        self.write("bench/README.md", layers)
        for folder in ("support", "train/model", "claim", "claim/holdout"):
            self.write(f"bench/{folder}/a.hpp", "#include <vector>\n")

    def violations(self):
        return check_tree.Checker(self.folder.name).run()

    def expect(self, name, text, fragment):
        """The file, once written, is the one violation, and its message has the fragment."""
        self.write(name, text)
        found = self.violations()
        self.assertEqual(len(found), 1, found)
        self.assertIn(name + ":", found[0])
        self.assertIn(fragment, found[0])

    def test_clean_tree_passes(self):
        self.write("lib/narrowfp/gemm/a.hpp", "#include <narrowfp/base/base.hpp>\n#include <narrowfp/quant/quant.hpp>\n")
        self.write("lib/narrowfp/error/exact.cpp", "#include <boost/multiprecision/cpp_int.hpp>\n")
        self.write("lib/narrowfp/base/a.hpp", "#include <xmmintrin.h>\n")
        self.write("lib/narrowfp/eigen.hpp", "#include <Eigen/Core>\n#include <narrowfp/gemm/gemm.hpp>\n")
        self.write("lib/narrowfp/io/internal/a.hpp", "#include <nlohmann/json.hpp>\n")
        self.write("lib/narrowfp/io/a.cpp", "#include <narrowfp/io/internal/a.hpp>\n")
        self.write("tests/support/oracle/a.hpp", "#include <cmath>\n")
        self.write("tests/support/oracle/b.hpp", '#include "a.hpp"\n#include <boost/rational.hpp>\n')
        self.write("tests/unit/a.cpp", '#include <narrowfp/gemm/gemm.hpp>\n#include "support/oracle/a.hpp"\n')
        self.assertEqual(self.violations(), [])

    def test_every_forbidden_pair_of_modules_is_reported(self):
        reachable = check_tree.reachable_modules()
        for module in check_tree.MAY_INCLUDE:
            for other in check_tree.MAY_INCLUDE:
                self.write(f"lib/narrowfp/{module}/pair.hpp", f"#include <narrowfp/{other}/{other}.hpp>\n")
                found = self.violations()
                self.assertEqual(len(found), 0 if other in reachable[module] else 1, (module, other, found))
                pathlib.Path(self.folder.name, f"lib/narrowfp/{module}/pair.hpp").unlink()

    def test_a_switch_over_targets_is_reported(self):
        self.expect("lib/narrowfp/gemm/a.cpp", "switch (t) {\n    case target::avx2: return 1;\n}\n", "no switch over targets")

    def test_the_table_is_transitive(self):
        reachable = check_tree.reachable_modules()
        self.assertEqual(reachable["gemm"], {"gemm", "quant", "round", "format", "base"})
        self.assertEqual(reachable["error"], {"error", "format", "base"})
        self.assertEqual(reachable["report"], {"report"})
        self.assertEqual(reachable["cost"], {"cost", "device", "quant", "round", "format", "base"})

    def test_module_may_not_include_an_umbrella(self):
        self.expect("lib/narrowfp/gemm/a.hpp", "#include <narrowfp/narrowfp.hpp>\n", "stands above")

    def test_core_header_may_not_include_a_library(self):
        self.expect("lib/narrowfp/error/a.hpp", "#include <boost/rational.hpp>\n", "standard headers only")

    def test_source_may_not_include_a_library_of_another_module(self):
        self.expect("lib/narrowfp/gemm/a.cpp", "#include <nlohmann/json.hpp>\n", "standard headers only")

    def test_format_may_not_include_processor_headers(self):
        self.expect("lib/narrowfp/format/a.hpp", "#include <immintrin.h>\n", "standard headers only")

    def test_installed_header_may_not_depend_on_openmp_or_posix(self):
        self.write("lib/narrowfp/base/internal/parallel.hpp", "#include <omp.h>\n#include <unistd.h>\n")
        self.write("lib/narrowfp/gemm/a.cpp", "#include <narrowfp/base/internal/parallel.hpp>\n")
        self.assertEqual(self.violations(), [])
        self.expect("lib/narrowfp/base/a.hpp", "#include <omp.h>\n", "standard headers only")
        self.expect("lib/narrowfp/base/a.hpp", "#include <unistd.h>\n", "standard headers only")

    def test_umbrella_may_not_include_eigen(self):
        self.expect("lib/narrowfp/gemm.hpp", "#include <Eigen/Core>\n", "standard headers only")

    def test_quoted_include_in_the_library(self):
        self.expect("lib/narrowfp/base/a.hpp", '#include "base.hpp"\n', "must be written <narrowfp/...>")

    def test_unknown_module(self):
        self.expect("lib/narrowfp/misc/a.hpp", "#include <vector>\n", "no module")

    def test_missing_file(self):
        self.expect("lib/narrowfp/round/a.hpp", "#include <narrowfp/base/none.hpp>\n", "does not exist")
        pathlib.Path(self.folder.name, "lib/narrowfp/round/a.hpp").unlink()
        self.expect("bench/a.cpp", "#  include <narrowfp/base/none.hpp> // indented\n", "does not exist")

    def test_internal_header(self):
        self.write("lib/narrowfp/io/internal/a.hpp", "#include <vector>\n")
        self.expect("lib/narrowfp/io/a.hpp", "#include <narrowfp/io/internal/a.hpp>\n", "internal")
        pathlib.Path(self.folder.name, "lib/narrowfp/io/a.hpp").unlink()
        self.expect("examples/a.cpp", "#include <narrowfp/io/internal/a.hpp>\n", "internal")

    def test_path_outside(self):
        self.expect("bench/a.cpp", '#include "../tests/support/a.hpp"\n', "leaves the include root")
        self.expect("bench/a.cpp", "#include </usr/include/stdio.h>\n", "leaves the include root")

    def test_macro_include(self):
        self.expect("lib/narrowfp/base/a.hpp", "#include SOME_HEADER\n", "must name its file")

    def test_oracle_includes_nothing_of_the_library(self):
        self.expect("tests/support/oracle/a.hpp", "#include <narrowfp/base/base.hpp>\n", "shares nothing")

    def test_oracle_does_not_reach_the_library_through_a_helper(self):
        self.write("tests/support/helper.hpp", "#include <narrowfp/base/base.hpp>\n")
        self.expect("tests/support/oracle/a.hpp", '#include "support/helper.hpp"\n', "own folder")
        self.expect("tests/support/oracle/a.hpp", "#include <support/helper.hpp>\n", "own folder")

    def test_missing_licence_line(self):
        self.write("tests/run", "#!/bin/sh\n", head="")
        self.write("cmake/a.cmake", "", head="set(a 1)\n")
        self.assertEqual(len(self.violations()), 2)

    def test_long_file(self):
        self.write("examples/a.cpp", "\n" * (check_tree.MAX_LINES - 1))
        self.assertEqual(self.violations(), [])
        self.expect("examples/a.cpp", "\n" * check_tree.MAX_LINES, "501 lines")

    def test_versions_agree(self):
        defines = "".join(f"#define NARROWFP_VERSION_{part} {n}\n" for n, part in enumerate(("MAJOR", "MINOR", "PATCH")))
        self.write("lib/narrowfp/base/version.hpp", defines)
        self.write("CITATION.cff", "version: 0.1.2\n")
        self.write("CHANGELOG.md", "## [0.1.2] - 2001-02-03\n")
        self.assertEqual(self.violations(), [])
        self.expect("CITATION.cff", "version: 0.1.1\n", "version: 0.1.2")

    def test_every_forbidden_pair_of_bench_layers_is_reported(self):
        order = ["support", "train/model", "claim"]
        for n, folder in enumerate(order):
            for k, other in enumerate(order):
                self.write(f"bench/{folder}/pair.cpp", f'#include "{other}/a.hpp"\n')
                found = self.violations()
                self.assertEqual(len(found), 0 if k <= n else 1, (folder, other, found))
                pathlib.Path(self.folder.name, f"bench/{folder}/pair.cpp").unlink()

    def test_a_folder_inside_a_layer_belongs_to_it(self):
        self.write("bench/claim/holdout/b.cpp", '#include "claim/a.hpp"\n#include "train/model/a.hpp"\n')
        self.assertEqual(self.violations(), [])
        self.expect("bench/train/model/b.cpp", '#include "claim/holdout/a.hpp"\n', "may not include 'claim/holdout/a.hpp'")

    def test_a_suite_includes_what_its_row_says(self):
        self.write("bench/bench_a.cpp", '#include "support/a.hpp"\n')
        self.assertEqual(self.violations(), [])
        self.expect("bench/bench_a.cpp", '#include "claim/a.hpp"\n', "./ may not include")

    def test_a_folder_of_bench_needs_a_row(self):
        self.expect("bench/misc/a.cpp", "#include <vector>\n", "no row in the table of layers")

    def test_an_include_of_bench_names_its_path(self):
        self.expect("bench/claim/b.cpp", '#include "holdout/a.hpp"\n', "write the path from there")

    def test_the_table_of_bench_names_folders_and_has_no_circle(self):
        self.write_bench(self.LAYERS.replace("| `support/` | a | - |", "| `support/` | a | `claim/` |"))
        self.assertTrue(any("circle" in text for text in self.violations()))
        self.write_bench(self.LAYERS.replace("| `claim/` | c | `train/model/` |", "| `claim/` | c | `gone/` |"))
        self.assertTrue(any("'gone/'" in text for text in self.violations()))


if __name__ == "__main__":
    unittest.main()
