// SPDX-License-Identifier: Apache-2.0
// How gnuplot is told to draw a figure, and what is made of its SVG. Text goes into single quotes, in which gnuplot
// interprets nothing but a doubled quote; no shell is involved.
#include <narrowfp/report/figure.hpp>
#include <narrowfp/report/html.hpp>
#include <narrowfp/report/text.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

extern char** environ;

namespace narrowfp::report {
namespace {

// Okabe and Ito without yellow and black, which do not show on white and on dark pages.
constexpr std::array<std::string_view, 7> colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                  "#e69f00", "#56b4e9", "#888888"};
constexpr std::array<int, 7> markers{7, 5, 9, 13, 4, 6, 8};
constexpr std::array<int, 7> dashes{1, 2, 4, 5, 3, 1, 2};
constexpr std::string_view grid_colour = "#888888";
constexpr std::string_view mark_colour = "black";  // the text colour of the page
constexpr int width = 480;
constexpr double letter = 8.6;  // width of a letter at 15 px, on the wide side

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : printable(text)) {
        out += c == '\n' ? " " : c == '\'' ? "''" : std::string(1, c);
    }
    return out + "'";
}

// The label of a tick, which gnuplot takes for a format: a percent sign is doubled.
std::string tick_label(std::string_view text) {
    std::string doubled;
    for (const char c : text) {
        doubled += c == '%' ? "%%" : std::string(1, c);
    }
    return quoted(doubled);
}

std::string number(double x) { return exact_text(x); }

std::string range_text(const figure_axis& a) {
    return "[" + (a.minimum ? number(*a.minimum) : "*") + ":" + (a.maximum ? number(*a.maximum) : "*") + "]";
}

std::string data_block(std::size_t n, const std::vector<std::vector<double>>& rows) {
    std::string out = "$d" + std::to_string(n) + " << EOD\n";
    for (const std::vector<double>& row : rows) {
        for (const double x : row) {
            out += number(x) + " ";
        }
        out += "\n";
    }
    return out + "EOD\n";
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
    return "set label " + quoted(text) + " at screen " + number(l.across(middle)) + ",screen " + number(l.up(y)) +
           " center\n";
}

std::string axes_of(const figure& f, const layout& l) {
    figure_axis x = f.x;
    if (is_bars(f) && !x.log && !x.minimum && none_is_negative(f)) {
        x.minimum = 0;
    }
    const std::string thin = "lc rgb '" + std::string(grid_colour) + "' lw 0.3\n";
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
        out += (n == 0 ? "" : ", ") + tick_label(f.categories[n]) + " " + std::to_string(n + 1);
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

std::string gnuplot_script(const figure& f) {
    check(f);
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
                 (title.empty() ? "notitle" : "title " + quoted(title));
    };
    for (std::size_t s = 0; s < f.series.size(); ++s) {
        const plotted p = is_bars(f)                                                     ? bars_of(f, s, l)
                          : f.form == figure_form::ranges || f.form == figure_form::dots ? ranges_of(f, s, l)
                                                                                         : curve_of(f, s);
        if (!p.rows.empty()) {
            out += data_block(s, p.rows);
            plot("$d" + std::to_string(s) + " " + p.command, colours[f.series[s].colour.value_or(s) % colours.size()],
                 f.series.size() == 1 && f.marks.empty() ? "" : f.series[s].name);
        }
        for (const figure_point& point : f.series[s].points) {
            if (!point.label.empty() && !l.category) {
                out += "set label " + quoted(point.label) + " at " + number(point.x) + "," + number(point.y) +
                       " offset 0.6,0.5 font 'sans-serif,12'\n";
            }
        }
    }
    for (const figure_mark& m : f.marks) {
        const std::string at = number(m.at);
        out += l.category ? "set arrow from " + at + ", graph 0 to " + at + ", graph 1 nohead front"
                          : "set arrow from graph 0, first " + at + " to graph 1, first " + at + " nohead front";
        out += " lw 1.5 dt 2 lc rgb '" + std::string(mark_colour) + "'\n";
        plot("1/0 with lines lw 1.5 dt 2", mark_colour, m.name);
    }
    return out + plots + "\n";
}

// -- running it ---------------------------------------------------------------------------------------------------------

namespace {

struct file_closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using temporary_file = std::unique_ptr<std::FILE, file_closer>;

// Runs gnuplot with `input` on its standard input; what it prints, or nothing if it cannot be run or fails.
std::string run_gnuplot(const std::vector<const char*>& arguments, const std::string& input) {
    const temporary_file in(std::tmpfile());
    const temporary_file out(std::tmpfile());
    if (!in || !out || std::fwrite(input.data(), 1, input.size(), in.get()) != input.size() ||
        std::fflush(in.get()) != 0) {
        return "";
    }
    std::rewind(in.get());
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(in.get()), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(out.get()), STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::vector<char*> argv;
    for (const char* a : arguments) {
        argv.push_back(const_cast<char*>(a));  // posix_spawn does not write to them
    }
    argv.push_back(nullptr);
    pid_t child = 0;
    const int error = posix_spawnp(&child, argv.front(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        return "";
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return "";
    }
    std::string text;
    std::rewind(out.get());
    std::array<char, 4096> part{};
    for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), out.get())) != 0;) {
        text.append(part.data(), n);
    }
    return text;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
        text.replace(at, what.size(), by);
    }
}

// Takes out every part from `begin` to the end of `end`.
void remove_parts(std::string& text, std::string_view begin, std::string_view end) {
    for (std::size_t at = 0; (at = text.find(begin, at)) != std::string::npos;) {
        const std::size_t last = text.find(end, at);
        text.erase(at, last == std::string::npos ? last : last + end.size() - at);
    }
}

// Groups with nothing in them, until there are none.
void remove_empty_groups(std::string& text) {
    for (bool again = true; again;) {
        again = false;
        for (std::size_t end = 0; (end = text.find("</g>", end)) != std::string::npos;) {
            const std::size_t begin = text.rfind("<g ", end);
            const std::size_t closed = text.find('>', begin);
            const bool empty = begin != std::string::npos && closed < end &&
                               std::all_of(text.begin() + static_cast<std::ptrdiff_t>(closed) + 1,
                                           text.begin() + static_cast<std::ptrdiff_t>(end),
                                           [](char c) { return c == ' ' || c == '\n' || c == '\t'; });
            if (empty) {
                text.erase(begin, end + 4 - begin);
                end = begin;
                again = true;
            } else {
                end += 4;
            }
        }
    }
}

// gnuplot writes 'rgb(  0, 114, 178)'; the page's style sheet looks for '#0072b2'.
void shorten_colours(std::string& text) {
    constexpr std::string_view begin = "rgb(";
    for (std::size_t at = 0; (at = text.find(begin, at)) != std::string::npos; ++at) {
        int r = 0, g = 0, b = 0;
        const std::size_t end = text.find(')', at);
        if (end != std::string::npos && std::sscanf(text.c_str() + at, "rgb(%d,%d,%d)", &r, &g, &b) == 3) {
            std::array<char, 8> hex{};
            std::snprintf(hex.data(), hex.size(), "#%02x%02x%02x", static_cast<unsigned>(r) & 0xffu,
                          static_cast<unsigned>(g) & 0xffu, static_cast<unsigned>(b) & 0xffu);
            text.replace(at, end + 1 - at, hex.data());
        }
    }
}

}  // namespace

std::string gnuplot_version() {
    std::string text = run_gnuplot({"gnuplot", "--version"}, "");
    text.erase(std::find(text.begin(), text.end(), '\n'), text.end());
    return text;
}

std::string svg_for_page(std::string_view svg, const figure& f) {
    const std::size_t begin = svg.find("<svg");
    const std::size_t open = begin == std::string_view::npos ? begin : svg.find('>', begin);
    const std::size_t end = svg.rfind("</svg>");
    const std::size_t box = svg.find("viewBox=\"", begin);
    if (open == std::string_view::npos || end == std::string_view::npos || end < open || box > open) {
        return "";
    }
    const std::size_t box_begin = box + 9;
    const std::string view_box(svg.substr(box_begin, svg.find('"', box_begin) - box_begin));
    std::string body(svg.substr(open + 1, end - open - 1));
    remove_parts(body, "<title>", "</title>");
    remove_parts(body, "<desc>", "</desc>");
    remove_parts(body, "<filter", "</filter>");
    for (const char* quote : {"'", "\""}) {
        replace_all(body, std::string("=") + quote + "black" + quote,
                    std::string("=") + quote + "currentColor" + quote);
        replace_all(body, std::string("id=") + quote + "gnuplot_", std::string("id=") + quote + f.id + "-");
        replace_all(body, std::string("id=") + quote + "gp", std::string("id=") + quote + f.id + "-gp");
    }
    replace_all(body, "xlink:href='#gp", "href='#" + f.id + "-gp");
    shorten_colours(body);
    remove_empty_groups(body);
    replace_all(body, "\t", " ");
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"" + html_text(view_box) +
           "\" role=\"img\" aria-label=\"" + html_text(f.title + ": " + f.summary) + "\">" + body + "</svg>\n";
}

std::string draw_svg(const figure& f) {
    const std::string script = gnuplot_script(f);
    return svg_for_page(run_gnuplot({"gnuplot", "--default-settings", "-"}, script), f);
}

}  // namespace narrowfp::report
