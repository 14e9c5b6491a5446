// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/figure.hpp>

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace narrowfp::report {
namespace {

[[noreturn]] void refuse(const figure& f, const std::string& what) {
    throw std::invalid_argument("figure '" + f.id + "': " + what);
}

bool by_category(const figure& f) { return f.form != figure_form::lines && f.form != figure_form::points; }

void check_value(const figure& f, double value, bool log, const std::string& where) {
    if (!std::isfinite(value)) {
        refuse(f, where + " is not finite");
    }
    if (log && value <= 0) {
        refuse(f, where + " is " + format_number(value) + ", expected a positive number on a logarithmic axis");
    }
}

void check_series(const figure& f, const figure_series& s) {
    const bool log = by_category(f) ? f.x.log : f.y.log;
    const bool one_each = by_category(f) && f.form != figure_form::forest;
    if (s.name.empty() || s.points.empty()) {
        refuse(f, "a series has no name or no points");
    }
    if (one_each && s.points.size() != f.categories.size()) {
        refuse(f, "series '" + s.name + "' has " + std::to_string(s.points.size()) + " points, expected " +
                      std::to_string(f.categories.size()) + ", one for each category");
    }
    for (const figure_point& p : s.points) {
        if (one_each && std::isnan(p.y)) {
            continue;
        }
        const std::string where = "a value of series '" + s.name + "'";
        check_value(f, p.y, log, where);
        if (!by_category(f)) {
            check_value(f, p.x, f.x.log, where);
        }
        for (const std::optional<double>& end : {p.low, p.high}) {
            if (end) {
                check_value(f, *end, log, where);
            }
        }
        if ((p.low && *p.low > p.y) || (p.high && *p.high < p.y)) {
            refuse(f, where + " lies outside its range");
        }
        if (f.form == figure_form::stacked_bars && p.y < 0) {
            refuse(f, where + " is negative, which cannot be stacked");
        }
    }
}

void check_axis(const figure& f, const figure_axis& a) {
    for (const std::optional<double>& end : {a.minimum, a.maximum}) {
        if (end) {
            check_value(f, *end, a.log, "an end of axis '" + a.title + "'");
        }
    }
    if (a.minimum && a.maximum && *a.minimum >= *a.maximum) {
        refuse(f, "axis '" + a.title + "' is empty");
    }
}

void check_forest_point(const figure& f, const figure_series& s, const figure_point& p) {
    const std::string where = "a value of series '" + s.name + "'";
    if (p.category >= f.categories.size()) {
        refuse(f, where + " has category " + std::to_string(p.category) + ", expected less than " +
                      std::to_string(f.categories.size()));
    }
    if (p.weight && (!std::isfinite(*p.weight) || *p.weight <= 0)) {
        refuse(f, where + " has weight " + format_number(*p.weight) + ", expected a positive number");
    }
    if (s.interval && !(p.low && p.high)) {
        refuse(f, where + " has no low or no high, expected both in a series of intervals");
    }
}

bool weights_differ(const figure& f) {
    std::optional<double> first;
    for (const figure_series& s : f.series) {
        for (const figure_point& p : s.points) {
            first = first ? first : p.weight;
            if (p.weight && *p.weight != *first) {
                return true;
            }
        }
    }
    return false;
}

void check_forest(const figure& f) {
    for (const figure_series& s : f.series) {
        for (const figure_point& p : s.points) {
            check_forest_point(f, s, p);
        }
    }
    for (std::size_t n = 0; n < f.groups.size(); ++n) {
        const figure_group& g = f.groups[n];
        if (g.title.empty() || g.first >= f.categories.size() || (n != 0 && g.first <= f.groups[n - 1].first)) {
            refuse(f, "group '" + g.title + "' begins at category " + std::to_string(g.first) +
                          ", expected a title, ascending places and less than " + std::to_string(f.categories.size()));
        }
    }
    if (!f.texts.empty() && f.texts.size() != f.categories.size()) {
        refuse(f, "it has " + std::to_string(f.texts.size()) + " texts, expected none or " +
                      std::to_string(f.categories.size()) + ", one for each category");
    }
    if (weights_differ(f) && f.weight_title.empty()) {
        refuse(f, "its weights differ, expected weight_title to say what the area of a mark is");
    }
}

std::string number(double x) { return std::isnan(x) ? "" : format_number(x, 4); }
std::string number(const std::optional<double>& x) { return x ? number(*x) : ""; }

bool has_range(const figure_series& s) {
    return std::any_of(s.points.begin(), s.points.end(), [](auto& p) { return p.low || p.high; });
}

// One row for each category.
table category_table(const figure& f) {
    table t;
    t.columns = {{""}};
    for (const figure_series& s : f.series) {
        t.columns.push_back({s.name, alignment::right});
        if (has_range(s)) {
            t.columns.push_back({"low", alignment::right});
            t.columns.push_back({"high", alignment::right});
        }
    }
    for (std::size_t n = 0; n < f.categories.size(); ++n) {
        std::vector<cell> cells{f.categories[n]};
        for (const figure_series& s : f.series) {
            const figure_point& p = s.points[n];
            cells.emplace_back(number(p.y));
            if (has_range(s)) {
                cells.emplace_back(number(p.low));
                cells.emplace_back(number(p.high));
            }
        }
        t.add_row(std::move(cells));
    }
    if (!f.x.title.empty()) {
        t.notes = {"Values: " + f.x.title + "."};
    }
    return t;
}

// One row for each point.
table point_table(const figure& f) {
    table t;
    const bool ranges = std::any_of(f.series.begin(), f.series.end(), has_range);
    t.columns = {{""}, {f.x.title, alignment::right}, {f.y.title, alignment::right}};
    if (ranges) {
        t.columns.push_back({"low", alignment::right});
        t.columns.push_back({"high", alignment::right});
    }
    for (const figure_series& s : f.series) {
        if (!t.rows.empty()) {
            t.add_rule();
        }
        for (const figure_point& p : s.points) {
            const bool named = p.label.empty() || p.label == s.name;
            std::vector<cell> cells{named ? s.name : s.name + ", " + p.label, number(p.x), number(p.y)};
            if (ranges) {
                cells.emplace_back(number(p.low));
                cells.emplace_back(number(p.high));
            }
            t.add_row(std::move(cells));
        }
    }
    return t;
}

// One row for each point, those of a category together; the category and its text stand in its first row.
table forest_table(const figure& f) {
    table t;
    const bool ranges = std::any_of(f.series.begin(), f.series.end(), has_range);
    const bool weights = weights_differ(f);
    t.columns = {{""}, {"series"}, {f.x.title, alignment::right}};
    if (ranges) {
        t.columns.push_back({"low", alignment::right});
        t.columns.push_back({"high", alignment::right});
    }
    if (weights) {
        t.columns.push_back({f.weight_title, alignment::right});
    }
    if (!f.texts.empty()) {
        t.columns.push_back({f.texts_title.empty() ? "in all" : f.texts_title});
    }
    auto group = f.groups.begin();
    for (std::size_t n = 0; n < f.categories.size(); ++n) {
        std::string name = f.categories[n];
        if (!t.rows.empty()) {
            t.add_rule();
        }
        const auto add = [&](const std::string& series, const figure_point* p) {
            std::vector<cell> cells{name, series, p == nullptr ? "" : number(p->y)};
            if (ranges) {
                cells.emplace_back(p == nullptr ? "" : number(p->low));
                cells.emplace_back(p == nullptr ? "" : number(p->high));
            }
            if (weights) {
                cells.emplace_back(p == nullptr ? "" : number(p->weight));
            }
            if (!f.texts.empty()) {
                cells.emplace_back(name.empty() ? "" : f.texts[n]);
            }
            t.add_row(std::move(cells));
            name.clear();
        };
        if (group != f.groups.end() && group->first == n) {
            std::vector<cell> cells(t.columns.size(), cell(""));
            cells[0] = {group->title, tint::strong};
            t.add_row(std::move(cells));
            ++group;
        }
        for (const figure_series& s : f.series) {
            for (const figure_point& p : s.points) {
                if (p.category == n) {
                    add(p.label.empty() || p.label == s.name ? s.name : s.name + ", " + p.label, &p);
                }
            }
        }
        if (!name.empty()) {
            add("", nullptr);
        }
    }
    return t;
}

}  // namespace

void check(const figure& f) {
    const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (f.id.empty() || !std::all_of(f.id.begin(), f.id.end(), good)) {
        refuse(f, "expected an id of lower case letters, digits and '-'");
    }
    if (f.title.empty() || f.summary.empty()) {
        refuse(f, "expected a title and a summary");
    }
    if (f.series.empty() || by_category(f) == f.categories.empty()) {
        refuse(f, by_category(f) ? "expected series and categories" : "expected series and no categories");
    }
    check_axis(f, f.x);
    check_axis(f, f.y);
    for (const figure_series& s : f.series) {
        check_series(f, s);
    }
    if (f.form == figure_form::forest) {
        check_forest(f);
    }
    for (const figure_mark& m : f.marks) {
        check_value(f, m.at, by_category(f) ? f.x.log : f.y.log, "mark '" + m.name + "'");
    }
}

table figure_table(const figure& f) {
    check(f);
    if (f.form == figure_form::forest) {
        return forest_table(f);
    }
    return by_category(f) ? category_table(f) : point_table(f);
}

}  // namespace narrowfp::report
