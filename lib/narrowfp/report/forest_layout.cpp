// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/internal/forest_layout.hpp>

#include <narrowfp/report/internal/forest_mark_labels.hpp>
#include <narrowfp/report/internal/text_pixels.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace narrowfp::internal {

using report::figure;
using report::figure_point;
using report::figure_series;
using report::figure_width;

double forest_layout::place(double value, bool log) const {
    const auto at = [&](double x) { return log ? std::log(x) : x; };
    return left + (right - left) * (at(value) - at(axis.begin)) / (at(axis.end) - at(axis.begin));
}

namespace {

constexpr double margin = 8;  // between text and the picture's edge
constexpr double gap = 14;    // between text and the plot
constexpr int row_height = 24;
constexpr const char* arrow_left = "\u2190";
constexpr const char* arrow_right = "\u2192";
constexpr double smallest = 2.6, usual = 4, largest = 6.5;  // radii of marks
constexpr double median_radius = 5;                         // of the mark on a thick bar

// The least and the largest weight; both 0 if there is none.
span weights_of(const figure& f) {
    span all{1e300, 0};
    for (const figure_series& s : f.series) {
        for (const figure_point& p : s.points) {
            all.begin = std::fmin(all.begin, p.weight.value_or(all.begin));
            all.end = std::fmax(all.end, p.weight.value_or(all.end));
        }
    }
    return all.end == 0 ? span{} : all;
}

// Area in proportion to the weight, unless too small to read.
double radius_of(const std::optional<double>& weight, const span& all) {
    return !weight || all.begin == all.end ? usual : std::fmax(smallest, largest * std::sqrt(*weight / all.end));
}

span extent_of(const figure& f) {
    span e{f.x.minimum.value_or(1e300), f.x.maximum.value_or(-1e300)};
    const auto take = [&](double x) {
        e.begin = f.x.minimum ? e.begin : std::fmin(e.begin, x);
        e.end = f.x.maximum ? e.end : std::fmax(e.end, x);
    };
    for (const figure_series& s : f.series) {
        for (const figure_point& p : s.points) {
            take(p.low.value_or(p.y));
            take(p.high.value_or(p.y));
        }
    }
    for (const report::figure_mark& m : f.marks) {
        take(m.at);
    }
    const double room = f.x.log ? 0.05 * std::log(e.end / e.begin) : 0.05 * (e.end - e.begin);
    const double least = f.x.log ? 0.02 : std::fmax(1e-9, 0.02 * std::fabs(e.end));
    const double more = std::fmax(room, least);
    e.begin = f.x.minimum ? e.begin : f.x.log ? e.begin * std::exp(-more) : e.begin - more;
    e.end = f.x.maximum ? e.end : f.x.log ? e.end * std::exp(more) : e.end + more;
    return e;
}

}  // namespace

std::string tick_text(double x) {
    std::string text = report::format_number(x);
    if (text.find('.') != std::string::npos && text.find('e') == std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        text.erase(text.find_last_not_of('.') + 1);
    }
    return text;
}

namespace {

// Round values of a logarithmic axis, from the most to the least welcome.
std::vector<double> round_values(const span& axis) {
    constexpr std::array<double, 11> of_a_decade{1, 2, 5, 1.5, 8, 3, 1.25, 9, 1.1, 7, 6};
    constexpr std::size_t on_a_long_axis = 3;
    const std::size_t n = axis.end / axis.begin > 20 ? on_a_long_axis : of_a_decade.size();
    std::vector<double> out;
    for (std::size_t i = 0; i < n; ++i) {
        for (double e = std::floor(std::log10(axis.begin)); e <= std::log10(axis.end); ++e) {
            const double x = e < 0 ? of_a_decade[i] / std::pow(10, -e) : of_a_decade[i] * std::pow(10, e);
            if (x >= axis.begin && x <= axis.end) {
                out.push_back(x);
            }
        }
    }
    return out;
}

std::vector<double> multiples(const span& axis, double step) {
    std::vector<double> out;
    for (double n = std::ceil(axis.begin / step); n * step <= axis.end; ++n) {
        out.push_back(n * step);
    }
    return out;
}

// Whether the label of a tick has room beside the others.
bool has_room(const forest_layout& l, bool log, double x, const std::vector<double>& others) {
    constexpr double apart = 7;
    const auto half = [](double value) { return text_pixels(tick_text(value)) / 2; };
    return std::none_of(others.begin(), others.end(), [&](double other) {
        return other != x && std::fabs(l.place(x, log) - l.place(other, log)) < half(x) + half(other) + apart;
    });
}

// Logarithmic: every round value that has room, the most welcome first. Linear: multiples of the finest round step.
std::vector<double> ticks_of(const forest_layout& l, bool log) {
    std::vector<double> ticks;
    if (log) {
        for (const double x : round_values(l.axis)) {
            if (has_room(l, log, x, ticks)) {
                ticks.push_back(x);
            }
        }
        std::sort(ticks.begin(), ticks.end());
        return ticks;
    }
    const double decade = std::pow(10, std::floor(std::log10(l.axis.end - l.axis.begin)));
    for (const double parts : {1.0, 2.0, 5.0, 10.0, 20.0}) {
        const std::vector<double> finer = multiples(l.axis, decade / parts);
        if (std::all_of(finer.begin(), finer.end(), [&](double x) { return has_room(l, log, x, finer); })) {
            ticks = finer;
        }
    }
    return ticks;
}

// A point or bar inside its row: from `begin` to `end`, `radius` high on both sides.
struct body {
    span reach;
    double y = 0;
    double radius = 0;
};

bool touch(const body& a, const body& b) {
    const double x = std::fmax(0, std::fmax(a.reach.begin - b.reach.end, b.reach.begin - a.reach.end));
    const double y = a.y - b.y;
    const double near = a.radius + b.radius + 1;
    return x * x + y * y < near * near;
}

// Builds a layout from top to bottom.
class builder {
public:
    builder(const figure& f, figure_width drawing) : f_(f), narrow_(drawing == figure_width::narrow) {
        l_.width = narrow_ ? 400 : 800;
        columns();
        l_.axis = extent_of(f);
        l_.ticks = ticks_of(l_, f.x.log);
    }

    forest_layout built() {
        mark_labels();
        l_.top = y_;
        auto group = f_.groups.begin();
        for (std::size_t n = 0; n < f_.categories.size(); ++n) {
            if (group != f_.groups.end() && group->first == n) {
                heading(*group++);
            }
            row(n);
        }
        l_.bottom = y_;
        axis_text();
        legend();
        l_.height = static_cast<int>(std::ceil(y_ + margin));
        return std::move(l_);
    }

private:
    double inner() const { return l_.width - 2 * margin; }

    // Columns of labels and texts beside the plot; the narrow drawing has them above each row.
    void columns() {
        if (narrow_) {
            l_.left = 2 * margin;
            l_.right = l_.width - 2 * margin;
            return;
        }
        const auto widest = [](const std::vector<std::string>& all, double most) {
            double width = 0;
            for (const std::string& text : all) {
                for (const std::string& line : wrap_pixels(text, most)) {
                    width = std::fmax(width, text_pixels(line));
                }
            }
            return width;
        };
        constexpr double most_label = 0.36, most_text = 0.3;
        label_width_ = widest(f_.categories, most_label * l_.width);
        l_.left = margin + label_width_ + gap;
        l_.right = l_.width - 2 * margin;
        if (!f_.texts.empty()) {
            text_width_ =
                std::fmax(widest(f_.texts, most_text * l_.width), widest({f_.texts_title}, most_text * l_.width));
            l_.right = l_.width - margin - text_width_ - gap;
        }
    }

    void put(const std::string& text, double x, double y, text_side side = text_side::left, bool bold = false) {
        if (!text.empty()) {
            l_.texts.push_back({text, x, y, side, bold});
        }
    }

    void put_lines(const std::vector<std::string>& lines, double x, double top, text_side side, bool bold = false) {
        for (std::size_t n = 0; n < lines.size(); ++n) {
            put(lines[n], x, top + forest_line * (static_cast<double>(n) + 0.5), side, bold);
        }
    }

    // Labels of the marks stand above the plot, on as many lines as they need; the title of the texts stands beside them.
    void mark_labels() {
        std::vector<std::string> title;
        if (!narrow_ && !f_.texts.empty()) {
            title = wrap_pixels(f_.texts_title, text_width_);
        }
        std::vector<double> at, widths;
        for (const report::figure_mark& m : f_.marks) {
            at.push_back(l_.place(m.at, f_.x.log));
            widths.push_back(text_pixels(m.name));
        }
        const std::vector<mark_label> labels = place_mark_labels(at, widths, [&](std::size_t level) {
            return span{margin, level < title.size() ? l_.right : l_.width - margin};
        });
        std::size_t lines = title.size();
        for (const mark_label& label : labels) {
            lines = std::max(lines, label.level + 1);
        }
        constexpr double top = 4, below = 5;
        for (std::size_t m = 0; m < labels.size(); ++m) {
            const double y = top + forest_line * (static_cast<double>(lines - labels[m].level) - 0.5);
            const bool ends = labels[m].side == text_side::right;
            put(f_.marks[m].name, ends ? labels[m].reach.end : labels[m].reach.begin, y, labels[m].side);
            l_.mark_tops.push_back(y - forest_line / 2.0 + 2);
        }
        put_lines(title, l_.right + gap, top + forest_line * static_cast<double>(lines - title.size()),
                  text_side::left);
        y_ = lines == 0 ? top : top + forest_line * static_cast<double>(lines) + below;
    }

    void heading(const report::figure_group& g) {
        constexpr double bold = 1.1;  // width against that of plain letters
        const auto lines = wrap_pixels(g.title, inner() / bold);
        const double top = y_;
        y_ += top == l_.top ? 2 : 8;
        if (g.rule) {
            l_.rules.push_back(y_ - 2);
            y_ += 5;
        }
        put_lines(lines, margin, y_, text_side::left, true);
        y_ += forest_line * static_cast<double>(lines.size()) + (narrow_ ? 3 : 1);
        if (!narrow_ && bold * text_pixels(g.title) <= label_width_) {
            l_.bands.push_back({top, y_});
        }
    }

    void row(std::size_t n) {
        const std::vector<body> bodies = spread(n);
        double low = 0, high = 0;
        for (const body& b : bodies) {
            low = std::fmin(low, b.y - b.radius);
            high = std::fmax(high, b.y + b.radius);
        }
        double height = std::fmax(row_height, std::ceil(high - low) + 8);
        const std::string text = f_.texts.empty() ? "" : f_.texts[n];
        if (narrow_) {
            text_above(f_.categories[n], text);
        } else {
            height = text_beside(f_.categories[n], text, height);
        }
        l_.bands.push_back({y_, y_ + height});
        settle(bodies, std::round(y_ + height / 2 - (low + high) / 2));
        y_ += height + (narrow_ ? 4 : 0);
    }

    // The narrow drawing's label at the left and text at the right, on one line where both have room.
    void text_above(const std::string& category, const std::string& text) {
        const auto label = wrap_pixels(category, inner());
        put_lines(label, margin, y_, text_side::left);
        y_ += forest_line * static_cast<double>(label.size());
        if (text_pixels(label.back()) + gap + text_pixels(text) <= inner()) {
            put_lines({text}, l_.width - margin, y_ - forest_line, text_side::right);
        } else {
            const auto lines = wrap_pixels(text, inner());
            put_lines(lines, l_.width - margin, y_, text_side::right);
            y_ += forest_line * static_cast<double>(lines.size());
        }
        y_ += 3;
    }

    // The wide drawing's label and text, both in the middle of the row. The height that the row needs.
    double text_beside(const std::string& category, const std::string& text, double height) {
        const auto label = wrap_pixels(category, label_width_);
        const auto lines = text.empty() ? std::vector<std::string>{} : wrap_pixels(text, text_width_);
        const double needed =
            std::fmax(height, forest_line * static_cast<double>(std::max(label.size(), lines.size())) + 7);
        const auto centred = [&](const std::vector<std::string>& all, double x) {
            put_lines(all, x, y_ + (needed - forest_line * static_cast<double>(all.size())) / 2, text_side::left);
        };
        centred(label, margin);
        centred(lines, l_.right + gap);
        return needed;
    }

    // Brings the points of the row that was spread last to their heights.
    void settle(const std::vector<body>& bodies, double middle) {
        for (std::size_t i = 0; i < bodies.size(); ++i) {
            placed_point& point = l_.points[l_.points.size() - bodies.size() + i];
            point.y = middle + bodies[i].y;
            const std::string text = beyond_text(f_.series[point.series].points[point.index].y);
            const bool below = text.starts_with(arrow_left);
            put(text, below ? l_.left + point.radius + 3 : l_.right - point.radius - 3, point.y,
                below ? text_side::left : text_side::right);
        }
    }

    // An arrow and the value of a point that the axis does not reach; it stands at the edge.
    std::string beyond_text(double value) const {
        return value < l_.axis.begin ? arrow_left + (" " + tick_text(value))
               : value > l_.axis.end ? tick_text(value) + " " + arrow_right
                                     : "";
    }

    // What a point covers from left to right: its bar, its mark, the text of one beyond the axis.
    body body_of(const figure_point& p) const {
        const auto x = [&](double value) { return std::clamp(l_.place(value, f_.x.log), l_.left, l_.right); };
        body b{{std::round(x(p.low.value_or(p.y))), std::round(x(p.high.value_or(p.y)))}, 0, 0};
        const double text = text_pixels(beyond_text(p.y)) + 3;
        b.reach.end = p.y < l_.axis.begin ? std::fmax(b.reach.end, l_.left + text) : b.reach.end;
        b.reach.begin = p.y > l_.axis.end ? std::fmin(b.reach.begin, l_.right - text) : b.reach.begin;
        return b;
    }

    // The points of a row, each as near to its middle as those before it let it.
    std::vector<body> spread(std::size_t n) {
        std::vector<body> placed;
        const span weights = weights_of(f_);
        for (std::size_t s = 0; s < f_.series.size(); ++s) {
            for (std::size_t i = 0; i < f_.series[s].points.size(); ++i) {
                const figure_point& p = f_.series[s].points[i];
                if (p.category != n) {
                    continue;
                }
                body b = body_of(p);
                b.radius = f_.series[s].interval ? median_radius : radius_of(p.weight, weights);
                for (int step = 1; std::any_of(placed.begin(), placed.end(), [&](auto& o) { return touch(b, o); });
                     ++step) {
                    b.y = step % 2 == 0 ? -step / 2 : (step + 1) / 2;
                }
                placed.push_back(b);
                l_.points.push_back({s, i, std::clamp(p.y, l_.axis.begin, l_.axis.end), 0, b.radius});
            }
        }
        return placed;
    }

    void axis_text() {
        y_ += forest_line + 6;  // the numbers of the ticks
        const double middle = (l_.left + l_.right) / 2;
        const auto lines =
            wrap_pixels(f_.x.title, narrow_ ? inner() : 2 * std::fmin(middle, l_.width - middle) - 2 * margin);
        put_lines(lines, narrow_ ? l_.width / 2.0 : middle, y_, text_side::centre);
        y_ += f_.x.title.empty() ? 0 : forest_line * static_cast<double>(lines.size());
        y_ += 10;
    }

    // Entries from left to right, on a new line where the next one has no room.
    void legend() {
        constexpr double sample = 34, between = 22, line = 21;
        double x = margin;
        const auto entry = [&](const std::string& name, auto draw) {
            const double room = inner() - sample;
            const auto lines = wrap_pixels(name, room);
            double width = 0;
            for (const std::string& text : lines) {
                width = std::fmax(width, text_pixels(text));
            }
            if (x > margin && x + sample + width > l_.width - margin) {
                x = margin;
                y_ += line;
            }
            draw(x + sample / 2 - 4, y_ + line / 2);
            put_lines(lines, x + sample, y_ + (line - forest_line) / 2, text_side::left);
            x += sample + width + between;
            if (lines.size() > 1) {
                y_ += forest_line * static_cast<double>(lines.size()) + (line - forest_line);
                x = margin;
            }
        };
        for (std::size_t s = 0; s < f_.series.size(); ++s) {
            const bool bar = f_.series[s].interval;
            entry(f_.series[s].name, [&](double at, double y) {
                l_.samples.push_back({s, at, y, bar ? median_radius : usual + 0.5, bar, false});
            });
        }
        if (const span weights = weights_of(f_); weights.begin != weights.end) {
            entry(f_.weight_title, [&](double at, double y) {
                l_.samples.push_back({0, at - 7, y, radius_of(weights.begin, weights), false, true});
                l_.samples.push_back({0, at + 6, y, largest, false, true});
            });
        }
        y_ += x > margin ? line : 0;
    }

    const figure& f_;
    bool narrow_ = false;
    forest_layout l_;
    double label_width_ = 0;
    double text_width_ = 0;
    double y_ = 0;
};

}  // namespace

forest_layout layout_forest(const figure& f, figure_width drawing) { return builder(f, drawing).built(); }

}  // namespace narrowfp::internal
