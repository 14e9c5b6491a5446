// SPDX-License-Identifier: Apache-2.0
// One HTML page that needs nothing else: no network, no script, no font. Light and dark follow the reader's setting, paper
// has its own rules, wide tables move inside their own box on a telephone, and what colour says stands there as a word,
// too. All text given is escaped. What a page says is its writer's business.
#pragma once

#include <narrowfp/report/badge.hpp>
#include <narrowfp/report/figure.hpp>
#include <narrowfp/report/table.hpp>

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace narrowfp::report {

// Text with HTML's own characters escaped, without control characters.
std::string html_text(std::string_view text);

// A piece of a line of text: a link to a section, a heading with an id or a figure of the page where `link` names its id.
struct html_segment {
    std::string text;
    std::string link = {};
};
using html_line = std::vector<html_segment>;

// A term of the page and the id of what says more about it.
struct html_term {
    std::string term;
    std::string link;
};

// The text with each whole word or phrase of `terms` as a link: "V1" is one in "see V1." and not in "V12". Where two
// terms begin at one place the longer one counts. Terms that are empty link nothing.
html_line linked(std::string_view text, const std::vector<html_term>& terms);

// The strongest or the weakest part of an answer, with its scope.
struct html_part {
    html_badge badge;
    std::string scope;
    std::string link = {};  // id of the section with more; may be empty
};

// One question and its answer, for the first screen.
struct html_answer {
    std::string id;
    std::string question;
    html_badge badge;  // of the whole answer; no word: none
    std::string link;  // id of the section with more; may be empty
    std::vector<std::string> reasons;
    std::string answer = {};            // one sentence; may be empty
    std::vector<html_part> parts = {};  // the strongest and the weakest
};

class html_page {
public:
    // `title` is the heading, too.
    explicit html_page(std::string title);

    // Begins a section, an entry of the contents. `id` as a figure's. Headings of lower rank belong to it.
    void section(std::string_view id, std::string_view heading);
    void subsection(std::string_view id, std::string_view heading, const html_badge& badge = {});
    void heading(std::string_view text);

    void lead(std::string_view text);  // larger, for first lines
    void paragraph(std::string_view text);
    void paragraph(const html_line& line);
    void note(std::string_view text);  // smaller
    void note(const html_line& line);
    void badge(const html_badge& word, const html_line& line);  // a paragraph that begins with a badge
    void list(const std::vector<std::string>& items);
    void facts(const std::vector<std::pair<std::string, std::string>>& named);
    // Facts with a badge for a name: what is so, what is not.
    void summary(const std::vector<std::pair<html_badge, std::string>>& lines);
    // Six of them, each with one sentence and two parts, take half a screen of 1280 x 900.
    void answers(const std::vector<html_answer>& all);
    void command(std::string_view line);
    // A table that is wider than its page scrolls sideways, and says so.
    void add(const table& t);
    // With its values folded below. An empty svg: the values alone, unfolded. With a narrow one, screens of up to 600 px
    // show that; paper shows the wide one.
    void add(const figure& f, std::string_view svg, std::string_view narrow_svg = "");
    // The contents so far and to come stand where this is called.
    void contents();

    // What follows is folded until it is closed; `on_paper`: printed all the same.
    void open_details(std::string_view summary_line, bool on_paper = true);
    void close_details();

    // The whole page. Throws std::logic_error if details are open, or a link names an id that the page does not have.
    std::string text() const;

private:
    void element(std::string_view tag, std::string_view attributes, std::string_view content);
    std::string new_id(std::string_view id);                            // as an attribute
    std::string link(std::string_view id, std::string_view text_html);  // the text alone without an id
    std::string line(const html_line& segments);
    std::string cell_element(std::string_view tag, const cell& c, alignment align);

    std::string title_;
    std::string body_;
    std::string contents_;
    std::size_t contents_at_ = std::string::npos;
    std::set<std::string> ids_;
    std::set<std::string> links_;
    int open_ = 0;
    bool in_section_ = false;
};

}  // namespace narrowfp::report
