// SPDX-License-Identifier: Apache-2.0
// One HTML page that needs nothing else: no network, no script, no font. Light and dark follow the reader's setting, paper
// has its own rules, wide tables move inside their own box on a telephone, and what colour says stands there as a word,
// too. All text given is escaped. What a page says is its writer's business.
#pragma once

#include <narrowfp/report/figure.hpp>
#include <narrowfp/report/table.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace narrowfp::report {

// Text with HTML's own characters escaped, without control characters.
std::string html_text(std::string_view text);

// A word that judges, with the colour of its meaning.
struct html_badge {
    std::string word;
    tint colour = tint::plain;
};

// One question and its answer, for the first screen.
struct html_answer {
    std::string id;
    std::string question;
    html_badge badge;
    std::string link;  // id of the section with more; may be empty
    std::vector<std::string> reasons;
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
    void note(std::string_view text);  // smaller
    void list(const std::vector<std::string>& items);
    void facts(const std::vector<std::pair<std::string, std::string>>& named);
    // Facts with a badge for a name: what is so, what is not.
    void summary(const std::vector<std::pair<html_badge, std::string>>& lines);
    void answers(const std::vector<html_answer>& all);
    void command(std::string_view line);
    void add(const table& t);
    // With its values folded below. An empty svg: the values alone, unfolded.
    void add(const figure& f, std::string_view svg);
    // The contents so far and to come stand where this is called.
    void contents();

    // What follows is folded until it is closed; `on_paper`: printed all the same.
    void open_details(std::string_view summary_line, bool on_paper = true);
    void close_details();

    // The whole page. Throws std::logic_error if details are open.
    std::string text() const;

private:
    void element(std::string_view tag, std::string_view attributes, std::string_view content);

    std::string title_;
    std::string body_;
    std::string contents_;
    std::size_t contents_at_ = std::string::npos;
    int open_ = 0;
    bool in_section_ = false;
};

}  // namespace narrowfp::report
