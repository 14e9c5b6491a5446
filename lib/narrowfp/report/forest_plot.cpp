// SPDX-License-Identifier: Apache-2.0
// The plot has the figure's own axis of values; heights are pixels, so every mark stands where the layout puts it.
#include <narrowfp/report/internal/forest_plot.hpp>

#include <narrowfp/report/internal/forest_layout.hpp>
#include <narrowfp/report/internal/gnuplot_text.hpp>

#include <array>
#include <cmath>

namespace narrowfp::internal {

using report::figure;
using report::figure_point;
using report::figure_series;

namespace {

// Series differ in shape and fill, so that they are told apart without colour. `size`: what brings each shape to the
// area of a circle of radius 1.
struct marker {
    int type = 0;
    double size = 1;
};
constexpr std::array<marker, 10> markers{{{7, 1.0},       // filled circle
                                          {6, 1.0},       // open circle
                                          {5, 0.886},     // filled square
                                          {12, 0.886},    // open diamond
                                          {9, 1.087},     // filled triangle
                                          {4, 0.886},     // open square
                                          {13, 0.886},    // filled diamond
                                          {8, 1.087},     // open triangle
                                          {11, 1.087},    // filled triangle, point down
                                          {14, 0.865}}};  // open pentagon
constexpr double pixels_of_size = 5.247;                  // radius of gnuplot's point size 1 at a font of 14 px

std::string number(double x) { return report::exact_text(std::round(x * 1000) / 1000); }

std::string colour_of(const figure& f, std::size_t s) {
    return std::string(gnuplot_colours[f.series[s].colour.value_or(s) % gnuplot_colours.size()]);
}

std::string look(const figure& f, std::size_t s) {
    return " pt " + std::to_string(markers[s % markers.size()].type) + " lc rgb '" + colour_of(f, s) + "'";
}

double size_of(std::size_t s, double radius) { return radius * markers[s % markers.size()].size / pixels_of_size; }

class script {
public:
    script(const figure& f, const forest_layout& l) : f_(f), l_(l) {}

    std::string text() {
        frame();
        for (const placed_text& t : l_.texts) {
            label(t);
        }
        for (const double y : l_.rules) {
            out_ += line_between(8, y, l_.width - 8, y) + " lw 1 lc rgb 'black'\n";
        }
        grid();
        marks();
        for (std::size_t s = 0; s < f_.series.size(); ++s) {
            series(s);
        }
        for (const placed_sample& s : l_.samples) {
            sample(s);
        }
        return out_ + plots_ + "\n";
    }

private:
    std::string at(double x, double y) const {
        return "screen " + exact(x / l_.width) + ",screen " + exact(1 - y / l_.height);
    }

    static std::string exact(double x) { return report::exact_text(std::round(x * 1e6) / 1e6); }

    std::string line_between(double x0, double y0, double x1, double y1) const {
        return "set arrow from " + at(x0, y0) + " to " + at(x1, y1) + " nohead";
    }

    void frame() {
        out_ = "set terminal svg noenhanced dynamic size " + std::to_string(l_.width) + "," +
               std::to_string(l_.height) +
               " font 'sans-serif,14'\nunset key\nset border 1 lw 0.6\nset lmargin at screen " +
               exact(l_.left / l_.width) + "\nset rmargin at screen " + exact(l_.right / l_.width) +
               "\nset tmargin at screen " + exact(1 - l_.top / l_.height) + "\nset bmargin at screen " +
               exact(1 - l_.bottom / l_.height) + "\n" + (f_.x.log ? "set logscale x\n" : "") + "set xrange [" +
               report::exact_text(l_.axis.begin) + ":" + report::exact_text(l_.axis.end) + "]\nset yrange [" +
               number(l_.bottom) + ":" + number(l_.top) + "]\nset tics nomirror scale 0.5\nunset ytics\nset xtics (";
        for (std::size_t n = 0; n < l_.ticks.size(); ++n) {
            out_ += (n == 0 ? "" : ", ") + gnuplot_tick_label(tick_text(l_.ticks[n])) + " " +
                    report::exact_text(l_.ticks[n]);
        }
        out_ += ") offset 0,0.3\n";
    }

    void label(const placed_text& t) {
        constexpr std::array<const char*, 3> sides{"left", "center", "right"};
        out_ += "set label " + gnuplot_quoted(t.text) + " at " + at(t.x, t.y) + " " +
                sides[static_cast<std::size_t>(t.side)] + (t.bold ? " font 'sans-serif:Bold,14'" : "") + "\n";
    }

    void plot(const std::string& what) { plots_ += (plots_.empty() ? "plot " : ", \\\n     ") + what + " notitle"; }

    // A line from top to bottom of each band, none across the labels between them.
    void upright(const std::string& name, const std::vector<double>& values, const std::string& how) {
        std::vector<std::vector<double>> rows;
        for (const double x : values) {
            for (std::size_t n = 0; n < l_.bands.size(); ++n) {
                span band = l_.bands[n];
                for (; n + 1 < l_.bands.size() && l_.bands[n + 1].begin == band.end; ++n) {
                    band.end = l_.bands[n + 1].end;
                }
                rows.push_back({x, band.begin, 0, band.end - band.begin});
            }
        }
        if (!rows.empty()) {
            out_ += gnuplot_data(name, rows);
            plot("$" + name + " using 1:2:3:4 with vectors nohead " + how);
        }
    }

    void grid() { upright("grid", l_.ticks, "lw 0.3 lc rgb '" + std::string(gnuplot_grid_colour) + "'"); }

    void marks() {
        const std::string how = "lw 1.5 dt 2 lc rgb '" + std::string(gnuplot_mark_colour) + "'";
        std::vector<double> values;
        for (std::size_t m = 0; m < f_.marks.size(); ++m) {
            values.push_back(f_.marks[m].at);
            const double x = l_.place(f_.marks[m].at, f_.x.log);
            out_ += line_between(x, l_.mark_tops[m], x, l_.top) + " " + how + "\n";
        }
        upright("marks", values, how);
    }

    void series(std::size_t s) {
        const figure_series& all = f_.series[s];
        std::vector<std::vector<double>> bars, points;
        for (const placed_point& place : l_.points) {
            if (place.series == s) {
                const figure_point& p = all.points[place.index];
                const double low = p.low.value_or(p.y), high = p.high.value_or(p.y);
                if (low < high) {
                    bars.push_back({low, place.y, high - low, 0});
                }
                points.push_back({place.value, place.y, size_of(s, place.radius)});
            }
        }
        const std::string n = std::to_string(s);
        if (!bars.empty()) {
            out_ += gnuplot_data("bars" + n, bars);
            plot("$bars" + n + " using 1:2:3:4 with vectors nohead lw " + (all.interval ? "5" : "1.2") + " lc rgb '" +
                 colour_of(f_, s) + "'");
        }
        out_ += gnuplot_data("points" + n, points);
        plot("$points" + n + " using 1:2:3 with points ps variable" + look(f_, s));
    }

    void sample(const placed_sample& s) {
        if (s.bar) {
            out_ += line_between(s.x - 12, s.y, s.x + 12, s.y) + " lw 5 lc rgb '" + colour_of(f_, s.series) + "'\n";
        }
        const std::string how = s.grey ? " pt 7 lc rgb '" + std::string(gnuplot_grid_colour) + "'" : look(f_, s.series);
        out_ += "set label '' at " + at(s.x, s.y) + " point ps " + number(size_of(s.grey ? 0 : s.series, s.radius)) +
                how + "\n";
    }

    const figure& f_;
    const forest_layout& l_;
    std::string out_;
    std::string plots_;
};

}  // namespace

std::string forest_script(const figure& f, report::figure_width drawing) {
    const forest_layout l = layout_forest(f, drawing);
    return script(f, l).text();
}

}  // namespace narrowfp::internal
