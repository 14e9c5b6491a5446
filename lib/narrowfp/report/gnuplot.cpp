// SPDX-License-Identifier: Apache-2.0
// How gnuplot is told to draw a figure of any form but a forest plot.
#include <narrowfp/report/figure.hpp>

#include <narrowfp/report/internal/forest_plot.hpp>
#include <narrowfp/report/internal/gnuplot_text.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string_view>

namespace narrowfp::report {
namespace {

using internal::gnuplot_colours;
using internal::gnuplot_data;
using internal::gnuplot_grid_colour;
using internal::gnuplot_mark_colour;
using internal::gnuplot_quoted;
using internal::gnuplot_tick_label;

constexpr std::array<int, 7> markers{7, 5, 9, 13, 4, 6, 8};
constexpr std::array<int, 7> dashes{1, 2, 4, 5, 3, 1, 2};
constexpr int width = 480;
constexpr double letter = 8.6;  // width of a letter at 15 px, on the wide side

std::string number(double x) { return exact_text(x); }

std::string range_text(const figure_axis& a) {
    return "[" + (a.minimum ? number(*a.minimum) : "*") + ":" + (a.maximum ? number(*a.maximum) : "*") + "]";
}

// Where things stand, in pixels from the top or the left: the title of the vertical axis, the plot, its title and the key
// below each other, so that no text leaves the picture however long it is.
struct layout {
    bool category = false;
    double slot = 1;  // height of a bar, in units of the category axis
    int left = 70;
    int top = 34;
    int plot = 270;
    int keys = 0;

    static constexpr int right = width - 26;
    static constexpr int key_line = 22;
    int key_top() const { return top + plot + 52; }
    int height() const { return key_top() + key_line * keys + 8; }
    double across(double x) const { return x / width; }
    double up(double y) const { return 1 - y / height(); }
};

layout layout_of(const figure& f) {
    layout l;
    l.category = !f.categories.empty();
    const auto series = static_cast<int>(f.series.size());
    l.keys = (series > 1 || !f.marks.empty() ? series : 0) + static_cast<int>(f.marks.size());
    if (!l.category) {
        return l;
    }
    const bool one_line = f.form == figure_form::stacked_bars || f.form == figure_form::dots;
    const int bars = one_line ? 1 : series;
    l.slot = 0.8 / bars;
    l.plot = std::max(f.form == figure_form::dots ? 26 : 34, 17 * bars + 12) * static_cast<int>(f.categories.size());
    l.top = 10;
    std::size_t longest = 0;
    for (const std::string& name : f.categories) {
        longest = std::max(longest, display_width(name));
    }
    l.left = std::min(static_cast<int>(letter * static_cast<double>(longest)) + 30, width * 11 / 20);
    l.plot =
        std::max(l.plot, layout::key_line * (l.keys + 1));  // gnuplot's key takes no more lines than the plot is high
    return l;
}

// Lowest and highest value on the axis of values of a figure by category, from its ends or from what stands on it.
std::pair<double, double> extent_of(const figure& f) {
    double low = f.x.minimum.value_or(1e300), high = f.x.maximum.value_or(-1e300);
    const auto take = [&](double x) {
        if (std::isfinite(x)) {
            low = std::fmin(low, x);
            high = std::fmax(high, x);
        }
    };
    for (std::size_t c = 0; c < f.categories.size(); ++c) {
        double sum = f.x.minimum.value_or(0);
        for (const figure_series& s : f.series) {
            const figure_point& p = s.points[c];
            sum += std::isnan(p.y) ? 0 : p.y;
            take(p.low.value_or(p.y));
            take(p.high.value_or(p.y));
        }
        take(f.form == figure_form::stacked_bars ? sum : low);
    }
    for (const figure_mark& m : f.marks) {
        take(m.at);
    }
    return {low, f.x.maximum.value_or(high)};
}

// Marks of a linear axis: a step that leaves room for their numbers.
double tick_step(double low, double high) {
    constexpr double most = 5;
    double step = std::pow(10, std::floor(std::log10((high - low) / most)));
    for (const double factor : {2.0, 2.5, 2.0}) {  // 1, 2, 5, 10
        step *= (high - low) / step > most ? factor : 1;
    }
    return step;
}

// The axis of values by category. A short logarithmic one has marks at powers of 2.
std::string value_axis(const figure& f, const figure_axis& x) {
    const auto [low, high] = extent_of(f);
    constexpr double room = 1.15, short_axis = 20;
    if (x.log && high / low < short_axis) {
        return "set logscale x 2\nset xrange [" + number(x.minimum.value_or(low / room)) + ":" +
               number(x.maximum.value_or(high * room)) + "]\n";
    }
    return x.log || !(high > low) ? "" : "set xtics " + number(tick_step(low, high)) + "\n";
}

bool is_bars(const figure& f) { return f.form == figure_form::bars || f.form == figure_form::stacked_bars; }

bool none_is_negative(const figure& f) {
    return std::none_of(f.series.begin(), f.series.end(), [](const figure_series& s) {
        return std::any_of(s.points.begin(), s.points.end(), [](const figure_point& p) { return p.y < 0; });
    });
}

// Text at a place given in pixels, moved so that it stays in the picture.
std::string label_at(const layout& l, std::string_view text, double x, double y) {
    const double half = letter / 2 * static_cast<double>(display_width(text));
    const double middle = std::clamp(x, std::fmin(half + 4, width / 2.0), std::fmax(width - half - 4, width / 2.0));
    return "set label " + gnuplot_quoted(text) + " at screen " + number(l.across(middle)) + ",screen " +
           number(l.up(y)) + " center\n";
}

std::string axes_of(const figure& f, const layout& l) {
    figure_axis x = f.x;
    if (is_bars(f) && !x.log && !x.minimum && none_is_negative(f)) {
        x.minimum = 0;
    }
    const std::string thin = "lc rgb '" + std::string(gnuplot_grid_colour) + "' lw 0.3\n";
    std::string out = "set lmargin at screen " + number(l.across(l.left)) + "\nset rmargin at screen " +
                      number(l.across(layout::right)) + "\nset tmargin at screen " + number(l.up(l.top)) +
                      "\nset bmargin at screen " + number(l.up(l.top + l.plot)) + "\n" +
                      label_at(l, x.title, (l.left + layout::right) / 2.0, l.top + l.plot + 38) + "set xrange " +
                      range_text(x) + "\n" + (x.log ? "set logscale x\n" : "");
    if (!l.category) {
        return out + label_at(l, f.y.title, 0, 14) + "set yrange " + range_text(f.y) + "\n" +
               (f.y.log ? "set logscale y\n" : "") + "set grid xtics ytics " + thin + "set autoscale xfix\n";
    }
    out += "set yrange [" + number(static_cast<double>(f.categories.size()) + 0.5) + ":0.5]\nset ytics (";
    for (std::size_t n = 0; n < f.categories.size(); ++n) {
        out += (n == 0 ? "" : ", ") + gnuplot_tick_label(f.categories[n]) + " " + std::to_string(n + 1);
    }
    out += ") scale 0\nset grid xtics " + thin;
    return out + value_axis(f, x);
}

// Plots of one series, and its data block.
struct plotted {
    std::vector<std::vector<double>> rows;
    std::string command;
};

plotted bars_of(const figure& f, std::size_t s, const layout& l) {
    plotted out;
    const bool stacked = f.form == figure_form::stacked_bars;
    const double base = f.x.minimum ? *f.x.minimum : 0;
    for (std::size_t c = 0; c < f.categories.size(); ++c) {
        const double value = f.series[s].points[c].y;
        if (std::isnan(value)) {
            continue;
        }
        double from = base;
        for (std::size_t before = 0; stacked && before < s; ++before) {
            const double x = f.series[before].points[c].y;
            from += std::isnan(x) ? 0 : x;
        }
        const double to = stacked ? from + value : value;
        const double top = static_cast<double>(c) + 1 - 0.4 + (stacked ? 0 : static_cast<double>(s) * l.slot);
        out.rows.push_back({to, top, std::fmin(from, to), std::fmax(from, to), top, top + l.slot});
    }
    out.command = "using 1:2:3:4:5:6 with boxxyerror fs solid 1 noborder";
    return out;
}

plotted ranges_of(const figure& f, std::size_t s, const layout& l) {
    plotted out;
    for (std::size_t c = 0; c < f.categories.size(); ++c) {
        const figure_point& p = f.series[s].points[c];
        if (!std::isnan(p.y)) {
            const double line = f.form == figure_form::dots ? 0 : static_cast<double>(s);
            const double at = static_cast<double>(c) + 1 - 0.4 + (line + 0.5) * l.slot;
            out.rows.push_back({p.y, at, p.low.value_or(p.y), p.high.value_or(p.y)});
        }
    }
    out.command =
        std::string(f.form == figure_form::dots ? "using 1:2 with points" : "using 1:2:3:4 with xerrorbars lw 3") +
        " ps 0.9 pt " + std::to_string(markers[s % markers.size()]);
    return out;
}

plotted curve_of(const figure& f, std::size_t s) {
    plotted out;
    bool ranges = false;
    for (const figure_point& p : f.series[s].points) {
        out.rows.push_back({p.x, p.y, p.low.value_or(p.y), p.high.value_or(p.y)});
        ranges = ranges || p.low || p.high;
    }
    const std::string look = " lw 2 ps 0.8 pt " + std::to_string(markers[s % markers.size()]);
    if (f.form == figure_form::points) {
        out.command = ranges ? "using 1:2:3:4 with yerrorbars" + look : "using 1:2 with points" + look;
        return out;
    }
    out.command = "using 1:2 with linespoints" + look + " dt " + std::to_string(dashes[s % dashes.size()]);
    return out;
}

}  // namespace

std::string gnuplot_script(const figure& f, figure_width drawing) {
    check(f);
    if (f.form == figure_form::forest) {
        return internal::forest_script(f, drawing);
    }
    if (drawing == figure_width::narrow) {
        throw std::invalid_argument("figure '" + f.id + "': only a forest plot has a narrow drawing");
    }
    const layout l = layout_of(f);
    std::string out = "set terminal svg noenhanced dynamic size " + std::to_string(width) + "," +
                      std::to_string(l.height()) +
                      " font 'sans-serif,15'\nset border lw 0.6\nset tics nomirror format '%g'\n" + axes_of(f, l) +
                      (l.keys == 0 ? "unset key\n"
                                   : "set key at screen 0.02,screen " + number(l.up(l.key_top())) +
                                         " left top vertical maxcols 1 Left reverse samplen 2.5\n");
    std::string plots;
    const auto plot = [&](const std::string& what, std::string_view colour, const std::string& title) {
        plots += (plots.empty() ? "plot " : ", \\\n     ") + what + " lc rgb '" + std::string(colour) + "' " +
                 (title.empty() ? "notitle" : "title " + gnuplot_quoted(title));
    };
    for (std::size_t s = 0; s < f.series.size(); ++s) {
        const plotted p = is_bars(f)                                                     ? bars_of(f, s, l)
                          : f.form == figure_form::ranges || f.form == figure_form::dots ? ranges_of(f, s, l)
                                                                                         : curve_of(f, s);
        if (!p.rows.empty()) {
            out += gnuplot_data("d" + std::to_string(s), p.rows);
            plot("$d" + std::to_string(s) + " " + p.command,
                 gnuplot_colours[f.series[s].colour.value_or(s) % gnuplot_colours.size()],
                 f.series.size() == 1 && f.marks.empty() ? "" : f.series[s].name);
        }
        for (const figure_point& point : f.series[s].points) {
            if (!point.label.empty() && !l.category) {
                out += "set label " + gnuplot_quoted(point.label) + " at " + number(point.x) + "," + number(point.y) +
                       " offset 0.6,0.5 font 'sans-serif,12'\n";
            }
        }
    }
    for (const figure_mark& m : f.marks) {
        const std::string at = number(m.at);
        out += l.category ? "set arrow from " + at + ", graph 0 to " + at + ", graph 1 nohead front"
                          : "set arrow from graph 0, first " + at + " to graph 1, first " + at + " nohead front";
        out += " lw 1.5 dt 2 lc rgb '" + std::string(gnuplot_mark_colour) + "'\n";
        plot("1/0 with lines lw 1.5 dt 2", gnuplot_mark_colour, m.name);
    }
    return out + plots + "\n";
}

}  // namespace narrowfp::report
