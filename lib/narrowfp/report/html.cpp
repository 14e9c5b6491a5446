// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/html.hpp>

#include <narrowfp/report/internal/html_style.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <stdexcept>

namespace narrowfp::report {
namespace {

std::string_view class_of(tint colour) {
    switch (colour) {
        case tint::plain: return "";
        case tint::strong: return "strong";
        case tint::faint: return "faint";
        case tint::good: return "good";
        case tint::warning: return "warning";
        case tint::bad: return "bad";
        case tint::leaning_good: return "leaning-good";
        case tint::neutral: return "neutral";
        case tint::leaning_bad: return "leaning-bad";
    }
    return "";
}

std::string class_attribute(std::string_view names) {
    return names.empty() ? "" : " class=\"" + std::string(names) + "\"";
}

// A picture of 12 units that needs neither a font nor a file. Beside its word it says nothing to a reader's software.
std::string shape_picture(badge_shape shape) {
    constexpr std::string_view circle = "<circle cx=\"6\" cy=\"6\" r=\"4.8\"/>";
    const auto drawn = [](std::string_view inside) {
        return "<svg class=\"shape\" viewBox=\"0 0 12 12\" aria-hidden=\"true\">" + std::string(inside) + "</svg>";
    };
    switch (shape) {
        case badge_shape::none: return "";
        case badge_shape::full: return drawn("<circle class=\"solid\" cx=\"6\" cy=\"6\" r=\"4.8\"/>");
        case badge_shape::right_half:
            return drawn(std::string(circle) + "<path class=\"solid\" d=\"M6 1.2a4.8 4.8 0 0 1 0 9.6z\"/>");
        case badge_shape::empty: return drawn(circle);
        case badge_shape::left_half:
            return drawn(std::string(circle) + "<path class=\"solid\" d=\"M6 1.2a4.8 4.8 0 0 0 0 9.6z\"/>");
        case badge_shape::crossed:
            return drawn(std::string(circle) + "<path d=\"M3.6 3.6l4.8 4.8M8.4 3.6l-4.8 4.8\"/>");
        case badge_shape::dash: return drawn("<path d=\"M1.5 6h9\"/>");
        case badge_shape::dots:
            return drawn(
                "<circle class=\"solid\" cx=\"2\" cy=\"6\" r=\".9\"/><circle class=\"solid\" cx=\"6\" cy=\"6\" r=\".9\"/>"
                "<circle class=\"solid\" cx=\"10\" cy=\"6\" r=\".9\"/>");
    }
    return "";
}

std::string badge_text(const html_badge& b) {
    constexpr std::size_t long_word = 24;
    if (b.word.empty()) {
        return "";
    }
    std::string classes = "badge";
    for (const std::string_view name :
         {class_of(b.colour), std::string_view(display_width(b.word) > long_word ? "wide" : "")}) {
        classes += (name.empty() ? "" : " ") + std::string(name);
    }
    return "<span" + class_attribute(classes) + ">" + shape_picture(b.shape) + html_text(b.word) + "</span>";
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80U;
}

// The longest term that stands at `at` as a whole word; "V3" is none in "DeepSeek-V3".
const html_term* term_at(std::string_view text, std::size_t at, const std::vector<html_term>& terms) {
    const html_term* found = nullptr;
    for (const html_term& t : terms) {
        const std::size_t end = at + t.term.size();
        const bool here = !t.term.empty() && text.substr(at).starts_with(t.term) &&
                          !(at != 0 && (is_word(text[at - 1]) || text[at - 1] == '-') && is_word(text[at])) &&
                          !(end < text.size() && is_word(text[end]) && is_word(text[end - 1]));
        if (here && (found == nullptr || t.term.size() > found->term.size())) {
            found = &t;
        }
    }
    return found;
}

}  // namespace

html_line linked(std::string_view text, const std::vector<html_term>& terms) {
    html_line out;
    std::string plain;
    const auto flush = [&] {
        if (!plain.empty()) {
            out.push_back({plain, ""});
            plain.clear();
        }
    };
    for (std::size_t at = 0; at < text.size();) {
        if (const html_term* t = term_at(text, at, terms); t != nullptr) {
            flush();
            out.push_back({t->term, t->link});
            at += t->term.size();
        } else {
            plain += text[at++];
        }
    }
    flush();
    return out;
}

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

std::string html_page::new_id(std::string_view id) {
    ids_.emplace(id);
    return " id=\"" + html_text(id) + "\"";
}

std::string html_page::link(std::string_view id, std::string_view text_html) {
    if (id.empty()) {
        return std::string(text_html);
    }
    links_.emplace(id);
    return "<a href=\"#" + html_text(id) + "\">" + std::string(text_html) + "</a>";
}

std::string html_page::line(const html_line& segments) {
    std::string out;
    for (const html_segment& s : segments) {
        out += link(s.link, html_text(s.text));
    }
    return out;
}

std::string html_page::cell_element(std::string_view tag, const cell& c, alignment align) {
    constexpr std::size_t long_text = 40, short_text = 22;
    const bool badge = c.shape != badge_shape::none;
    std::string classes(badge ? "" : class_of(c.colour));
    const auto add = [&](std::string_view name) { classes += (classes.empty() ? "" : " ") + std::string(name); };
    if (align == alignment::right) {
        add("n");
    } else if (display_width(c.text) > long_text) {
        add("long");
    } else {
        add(display_width(c.text) <= short_text ? "short" : "medium");
    }
    const std::string content = badge ? badge_text({c.text, c.colour, c.shape}) : html_text(c.text);
    return "<" + std::string(tag) + class_attribute(classes) + ">" + link(c.link, content) + "</" + std::string(tag) +
           ">";
}

void html_page::section(std::string_view id, std::string_view heading_text) {
    body_ += in_section_ ? "</section>\n<section>\n" : "<section>\n";
    in_section_ = true;
    element("h2", new_id(id), html_text(heading_text));
    contents_ += "<li><a href=\"#" + html_text(id) + "\">" + html_text(heading_text) + "</a></li>\n";
}

void html_page::subsection(std::string_view id, std::string_view heading_text, const html_badge& badge) {
    const std::string word = badge_text(badge);
    element("h3", new_id(id), html_text(heading_text) + (word.empty() ? "" : " " + word));
    contents_ += "<li><a href=\"#" + html_text(id) + "\">" + html_text(heading_text) + "</a></li>\n";
}

void html_page::heading(std::string_view text) { element("h4", "", html_text(text)); }
void html_page::lead(std::string_view text) { element("p", class_attribute("lead"), html_text(text)); }
void html_page::paragraph(std::string_view text) { element("p", "", html_text(text)); }
void html_page::paragraph(const html_line& text) { element("p", "", line(text)); }
void html_page::note(const html_line& text) { element("p", class_attribute("note"), line(text)); }
void html_page::badge(const html_badge& word, const html_line& text) {
    element("p", class_attribute("judged"), badge_text(word) + " " + line(text));
}
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
    const auto list = [](std::string_view classes, const std::string& items) {
        return items.empty() ? "" : "<ul" + class_attribute(classes) + ">" + items + "</ul>";
    };
    std::string out;
    for (const html_answer& a : all) {
        std::string reasons, parts;
        for (const std::string& reason : a.reasons) {
            reasons += "<li>" + html_text(reason) + "</li>";
        }
        for (const html_part& part : a.parts) {
            parts += "<li>" + badge_text(part.badge) + " " + link(part.link, html_text(part.scope)) + "</li>";
        }
        const std::string badge = badge_text(a.badge);
        out += "<li" + class_attribute(class_of(a.badge.colour)) + ">" + (badge.empty() ? "" : "<p>" + badge + "</p>") +
               "<p class=\"q\">" + link(a.link, html_text(a.id)) + " " + html_text(a.question) + "</p>" +
               (a.answer.empty() ? "" : "<p class=\"a\">" + html_text(a.answer) + "</p>") + list("parts", parts) +
               list("", reasons) + "</li>\n";
    }
    element("ul", class_attribute("answers"), out);
}

void html_page::add(const table& t) {
    std::string out = t.title.empty() ? "" : "<caption>" + html_text(t.title) + "</caption>";
    out += "<thead><tr>";
    for (const column& c : t.columns) {
        out += cell_element("th", c.title, c.align);
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
            out += cell_element("td", t.rows[r][c], t.columns[c].align);
        }
        out += "</tr>\n";
    }
    out += "</tbody>";
    const std::string name = html_text(t.title.empty() ? "table" : t.title);
    body_ += "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + name +
             "\"><div class=\"full\"><div class=\"hint\" aria-hidden=\"true\"></div><table>" + out +
             "</table></div></div>\n";
    for (const std::string& text : t.notes) {
        note(text);
    }
}

void html_page::add(const figure& f, std::string_view svg, std::string_view narrow_svg) {
    table values = figure_table(f);
    if (svg.empty()) {
        values.title = f.title;
        add(values);
        note(f.summary);
        return;
    }
    body_ += "<figure" + new_id(f.id) + (f.form == figure_form::forest ? " class=\"forest\"" : "") + "><figcaption>" +
             html_text(f.title) + "</figcaption>\n";
    if (narrow_svg.empty()) {
        body_ += svg;
    } else {
        body_ += "<div class=\"on-wide\">" + std::string(svg) + "</div><div class=\"on-narrow\">" +
                 std::string(narrow_svg) + "</div>";
    }
    body_ += "</figure>\n";
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
    for (const std::string& id : links_) {
        if (ids_.count(id) == 0) {
            throw std::logic_error("html_page: a link leads to '" + id + "', which is no id of this page");
        }
    }
    std::string body = body_ + (in_section_ ? "</section>\n" : "");
    if (contents_at_ != std::string::npos) {
        body.insert(contents_at_, "<nav aria-label=\"contents\"><ul>\n" + contents_ + "</ul></nav>\n");
    }
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
           html_text(title_) + "</title>\n<style>" + std::string(internal::html_style) +
           "</style>\n</head>\n<body>\n<main>\n" + body + "</main>\n</body>\n</html>\n";
}

}  // namespace narrowfp::report
