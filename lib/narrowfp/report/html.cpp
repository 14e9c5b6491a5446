// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/html.hpp>

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <stdexcept>

namespace narrowfp::report {
namespace {

// Colours: text and badges at least 4.5 to 1 on their ground, figures at least 3 to 1, in light and in dark. Figures' own
// colours are lightened in the dark by their attribute, so an SVG needs no style of its own.
constexpr std::string_view style = R"css(
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--panel:#f6f8fa;
--good:#116329;--goodbg:#dafbe1;--bad:#a40e26;--badbg:#ffebe9;--warn:#7a4b00;--warnbg:#fff3cd;--faintbg:#eaeef2;--link:#0550ae}
@media screen and (prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e4e8ec;--soft:#a3adb8;--line:#3a434d;--panel:#1d232a;
--good:#7ee2a0;--goodbg:#12361f;--bad:#ffaba5;--badbg:#4d1519;--warn:#f5cf73;--warnbg:#423208;--faintbg:#2a323b;--link:#79b8ff}
svg [stroke="#0072b2"]{stroke:#4aa8e8}svg [color="#0072b2"],svg [fill="#0072b2"]{color:#4aa8e8;fill:#4aa8e8}
svg [stroke="#d55e00"]{stroke:#f0803c}svg [color="#d55e00"],svg [fill="#d55e00"]{color:#f0803c;fill:#f0803c}
svg [stroke="#009e73"]{stroke:#2bc99a}svg [color="#009e73"],svg [fill="#009e73"]{color:#2bc99a;fill:#2bc99a}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem 1rem 3rem;max-width:58rem;background:var(--bg);color:var(--fg);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","DejaVu Sans",Arial,sans-serif;overflow-wrap:break-word}
h1{font-size:1.7rem;line-height:1.2;margin:.2rem 0 .6rem}h2{font-size:1.35rem;margin:2.4rem 0 .6rem;padding-top:.6rem;border-top:2px solid var(--line)}
h3{font-size:1.12rem;margin:2rem 0 .4rem}h4{font-size:1rem;margin:1.2rem 0 .3rem}
p{margin:.5rem 0}a{color:var(--link)}ul{margin:.4rem 0;padding-left:1.2rem}li{margin:.2rem 0}
.lead{font-size:1.06rem}.note{font-size:.88rem;color:var(--soft)}
.badge{display:inline-block;white-space:nowrap;font-size:.78rem;font-weight:700;letter-spacing:.02em;line-height:1.3;padding:.12em .5em;border-radius:.3em;
background:var(--faintbg);color:var(--fg);vertical-align:.08em}
.badge.good{background:var(--goodbg);color:var(--good)}.badge.bad{background:var(--badbg);color:var(--bad)}
.badge.warning{background:var(--warnbg);color:var(--warn)}.badge.faint{background:var(--faintbg);color:var(--soft)}
dl.summary{display:grid;grid-template-columns:max-content 1fr;gap:.3rem .8rem;margin:.7rem 0;padding:.7rem .9rem;background:var(--panel);border:1px solid var(--line);border-radius:.5rem}
dl.summary dt,dl.summary dd{margin:0}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem;margin:.5rem 0}dl.facts dt{color:var(--soft)}dl.facts dd{margin:0;min-width:0}
@media (max-width:34rem){dl.summary,dl.facts{display:block}dl.summary dd{margin:.1rem 0 .5rem}dl.facts dd{margin:0 0 .35rem}dl.facts dt{font-size:.85rem}
body{padding:.7rem .8rem 2rem}h1{font-size:1.35rem}}
.answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:.6rem;margin:.8rem 0;padding:0;list-style:none}
.answers>li{margin:0;padding:.55rem .8rem;border:1px solid var(--line);border-left-width:.35rem;border-radius:.4rem;min-width:0}
.answers>li.good{border-left-color:var(--good)}.answers>li.bad{border-left-color:var(--bad)}.answers>li.warning{border-left-color:var(--warn)}
.answers p{margin:.15rem 0}.answers .q{font-weight:600}.answers ul{font-size:.88rem;margin:.25rem 0 0;padding-left:1rem}
.scroll{overflow-x:auto;margin:.5rem 0;max-width:100%}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums;line-height:1.35}
caption{text-align:left;font-weight:600;padding:.3rem 0;caption-side:top}
th,td{text-align:left;vertical-align:top;padding:.22rem .6rem;border-bottom:1px solid var(--line)}
th{border-bottom:2px solid var(--soft);vertical-align:bottom}.n{text-align:right}td.n{white-space:nowrap}
td.long{min-width:20rem}td.short{white-space:nowrap}tr.rule>td{border-top:2px solid var(--line)}
td.good{color:var(--good);font-weight:600}td.bad{color:var(--bad);font-weight:700}td.warning{color:var(--warn);font-weight:600}
td.faint{color:var(--soft)}td.strong{font-weight:700}
figure{margin:1rem 0;padding:0;max-width:40rem}figcaption{font-weight:600;margin:0 0 .2rem}
figure svg{display:block;width:100%;height:auto;color:var(--fg)}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--link)}
pre{margin:.5rem 0;padding:.45rem .7rem;background:var(--panel);border:1px solid var(--line);border-radius:.4rem;overflow-x:auto;font-size:.88rem}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
nav{font-size:.92rem;margin:1rem 0}nav ul{columns:3 13rem;list-style:none;padding:0}
@media print{:root{color-scheme:light;--bg:#fff;--fg:#000;--soft:#444;--line:#bbb;--panel:#f4f4f4;--link:#000;
--good:#0a4d1c;--goodbg:#e6f5ea;--bad:#8a0012;--badbg:#fdeceb;--warn:#5e3a00;--warnbg:#fdf3d6;--faintbg:#eee}
@page{margin:14mm}body{max-width:none;padding:0;font-size:9.5pt}h2,h3,h4{break-after:avoid}
figure,.answers>li,tr{break-inside:avoid}figure{max-width:120mm}
.scroll{overflow:visible}table{font-size:7.5pt;max-width:100%}td.long{min-width:0}th,td{overflow-wrap:normal;padding:.12rem .3rem}td.n,td.short{white-space:normal}
a{text-decoration:none}nav,details.screen{display:none}details.paper::details-content{content-visibility:visible;display:block;height:auto}
pre{white-space:pre-wrap}}
)css";

std::string_view class_of(tint colour) {
    switch (colour) {
        case tint::plain: return "";
        case tint::strong: return "strong";
        case tint::faint: return "faint";
        case tint::good: return "good";
        case tint::warning: return "warning";
        case tint::bad: return "bad";
    }
    return "";
}

std::string class_attribute(std::string_view names) {
    return names.empty() ? "" : " class=\"" + std::string(names) + "\"";
}

std::string badge_text(const html_badge& b) {
    return b.word.empty() ? ""
                          : "<span" + class_attribute("badge " + std::string(class_of(b.colour))) + ">" +
                                html_text(b.word) + "</span>";
}

std::string cell_element(std::string_view tag, std::string_view text, alignment align, tint colour) {
    constexpr std::size_t long_text = 40, short_text = 22;
    std::string classes(class_of(colour));
    const auto add = [&](std::string_view name) { classes += (classes.empty() ? "" : " ") + std::string(name); };
    if (align == alignment::right) {
        add("n");
    } else if (display_width(text) > long_text) {
        add("long");
    } else if (display_width(text) <= short_text) {
        add("short");
    }
    return "<" + std::string(tag) + class_attribute(classes) + ">" + html_text(text) + "</" + std::string(tag) + ">";
}

}  // namespace

std::string html_text(std::string_view text) {
    std::string out;
    for (const char c : printable(text)) {
        switch (c) {
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '&': out += "&amp;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

html_page::html_page(std::string title) : title_(std::move(title)) { element("h1", "", html_text(title_)); }

void html_page::element(std::string_view tag, std::string_view attributes, std::string_view content) {
    body_ +=
        "<" + std::string(tag) + std::string(attributes) + ">" + std::string(content) + "</" + std::string(tag) + ">\n";
}

void html_page::section(std::string_view id, std::string_view heading_text) {
    body_ += in_section_ ? "</section>\n<section>\n" : "<section>\n";
    in_section_ = true;
    element("h2", " id=\"" + html_text(id) + "\"", html_text(heading_text));
    contents_ += "<li><a href=\"#" + html_text(id) + "\">" + html_text(heading_text) + "</a></li>\n";
}

void html_page::subsection(std::string_view id, std::string_view heading_text, const html_badge& badge) {
    const std::string word = badge_text(badge);
    element("h3", " id=\"" + html_text(id) + "\"", html_text(heading_text) + (word.empty() ? "" : " " + word));
    contents_ += "<li><a href=\"#" + html_text(id) + "\">" + html_text(heading_text) + "</a></li>\n";
}

void html_page::heading(std::string_view text) { element("h4", "", html_text(text)); }
void html_page::lead(std::string_view text) { element("p", class_attribute("lead"), html_text(text)); }
void html_page::paragraph(std::string_view text) { element("p", "", html_text(text)); }
void html_page::note(std::string_view text) { element("p", class_attribute("note"), html_text(text)); }
void html_page::command(std::string_view line) { element("pre", "", "<code>" + html_text(line) + "</code>"); }

void html_page::list(const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items) {
        out += "<li>" + html_text(item) + "</li>\n";
    }
    element("ul", "", out);
}

void html_page::facts(const std::vector<std::pair<std::string, std::string>>& named) {
    std::string out;
    for (const auto& [name, value] : named) {
        out += "<dt>" + html_text(name) + "</dt><dd>" + html_text(value) + "</dd>\n";
    }
    element("dl", class_attribute("facts"), out);
}

void html_page::summary(const std::vector<std::pair<html_badge, std::string>>& lines) {
    std::string out;
    for (const auto& [badge, text] : lines) {
        out += "<dt>" + badge_text(badge) + "</dt><dd>" + html_text(text) + "</dd>\n";
    }
    element("dl", class_attribute("summary"), out);
}

void html_page::answers(const std::vector<html_answer>& all) {
    std::string out;
    for (const html_answer& a : all) {
        std::string reasons;
        for (const std::string& reason : a.reasons) {
            reasons += "<li>" + html_text(reason) + "</li>";
        }
        const std::string id = html_text(a.id);
        out += "<li" + class_attribute(class_of(a.badge.colour)) + "><p>" + badge_text(a.badge) +
               "</p><p class=\"q\">" + (a.link.empty() ? id : "<a href=\"#" + html_text(a.link) + "\">" + id + "</a>") +
               " " + html_text(a.question) + "</p>" + (reasons.empty() ? "" : "<ul>" + reasons + "</ul>") + "</li>\n";
    }
    element("ul", class_attribute("answers"), out);
}

void html_page::add(const table& t) {
    std::string out = t.title.empty() ? "" : "<caption>" + html_text(t.title) + "</caption>";
    out += "<thead><tr>";
    for (const column& c : t.columns) {
        out += cell_element("th", c.title, c.align, tint::plain);
    }
    out += "</tr></thead>\n<tbody>";
    for (std::size_t r = 0; r < t.rows.size(); ++r) {
        if (t.rows[r].size() != t.columns.size()) {
            throw std::invalid_argument("table '" + t.title + "': a row has " + std::to_string(t.rows[r].size()) +
                                        " cells, expected " + std::to_string(t.columns.size()));
        }
        const bool rule = r != 0 && std::find(t.rules.begin(), t.rules.end(), r) != t.rules.end();
        out += rule ? "<tr class=\"rule\">" : "<tr>";
        for (std::size_t c = 0; c < t.columns.size(); ++c) {
            out += cell_element("td", t.rows[r][c].text, t.columns[c].align, t.rows[r][c].colour);
        }
        out += "</tr>\n";
    }
    out += "</tbody>";
    const std::string name = html_text(t.title.empty() ? "table" : t.title);
    body_ += "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + name + "\"><table>" + out +
             "</table></div>\n";
    for (const std::string& text : t.notes) {
        note(text);
    }
}

void html_page::add(const figure& f, std::string_view svg) {
    table values = figure_table(f);
    if (svg.empty()) {
        values.title = f.title;
        add(values);
        note(f.summary);
        return;
    }
    body_ += "<figure id=\"" + html_text(f.id) + "\"><figcaption>" + html_text(f.title) + "</figcaption>\n" +
             std::string(svg) + "</figure>\n";
    note(f.summary);
    open_details("Values of this figure", false);
    add(values);
    close_details();
}

void html_page::contents() { contents_at_ = body_.size(); }

void html_page::open_details(std::string_view summary_line, bool on_paper) {
    body_ += "<details class=\"" + std::string(on_paper ? "paper" : "screen") + "\"><summary>" +
             html_text(summary_line) + "</summary>\n";
    ++open_;
}

void html_page::close_details() {
    if (open_ == 0) {
        throw std::logic_error("html_page: no details are open");
    }
    body_ += "</details>\n";
    --open_;
}

std::string html_page::text() const {
    if (open_ != 0) {
        throw std::logic_error("html_page: details are open");
    }
    std::string body = body_ + (in_section_ ? "</section>\n" : "");
    if (contents_at_ != std::string::npos) {
        body.insert(contents_at_, "<nav aria-label=\"contents\"><ul>\n" + contents_ + "</ul></nav>\n");
    }
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
           html_text(title_) + "</title>\n<style>" + std::string(style) + "</style>\n</head>\n<body>\n<main>\n" + body +
           "</main>\n</body>\n</html>\n";
}

}  // namespace narrowfp::report
