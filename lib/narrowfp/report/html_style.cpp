// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/internal/html_style.hpp>

namespace narrowfp::internal {

// Colours: text and badges at least 4.5 to 1 on their ground, figures at least 3 to 1, in light and in dark. Figures' own
// colours are lightened in the dark by their attribute, so an SVG needs no style of its own.
const std::string_view html_style = R"css(
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--panel:#f6f8fa;
--good:#116329;--goodbg:#dafbe1;--bad:#a40e26;--badbg:#ffebe9;--warn:#7a4b00;--warnbg:#fff3cd;--faintbg:#eaeef2;--link:#0550ae;--edge:rgba(27,31,36,.28)}
@media screen and (prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e4e8ec;--soft:#a3adb8;--line:#3a434d;--panel:#1d232a;
--good:#7ee2a0;--goodbg:#12361f;--bad:#ffaba5;--badbg:#4d1519;--warn:#f5cf73;--warnbg:#423208;--faintbg:#2a323b;--link:#79b8ff;--edge:rgba(210,222,235,.3)}
svg [stroke="#0072b2"]{stroke:#4aa8e8}svg [color="#0072b2"]{color:#4aa8e8}svg [fill="#0072b2"]{fill:#4aa8e8}
svg [stroke="#d55e00"]{stroke:#f0803c}svg [color="#d55e00"]{color:#f0803c}svg [fill="#d55e00"]{fill:#f0803c}
svg [stroke="#009e73"]{stroke:#2bc99a}svg [color="#009e73"]{color:#2bc99a}svg [fill="#009e73"]{fill:#2bc99a}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem 1rem 3rem;max-width:58rem;background:var(--bg);color:var(--fg);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","DejaVu Sans",Arial,sans-serif;overflow-wrap:break-word}
h1{font-size:1.7rem;line-height:1.2;margin:.2rem 0 .6rem}h2{font-size:1.35rem;margin:2.4rem 0 .6rem;padding-top:.6rem;border-top:2px solid var(--line)}
h3{font-size:1.12rem;margin:2rem 0 .4rem}h4{font-size:1rem;margin:1.2rem 0 .3rem}
p{margin:.5rem 0}a{color:var(--link)}ul{margin:.4rem 0;padding-left:1.2rem}li{margin:.2rem 0}
.lead{font-size:1.06rem}.note{font-size:.88rem;color:var(--soft)}
.badge{display:inline-block;white-space:nowrap;font-size:.78rem;font-weight:700;letter-spacing:.02em;line-height:1.3;padding:.12em .5em;border-radius:.3em;
background:var(--faintbg);color:var(--fg);vertical-align:.08em}
.badge.good,.badge.leaning-good{background:var(--goodbg);color:var(--good)}.badge.bad,.badge.leaning-bad{background:var(--badbg);color:var(--bad)}
.badge.warning{background:var(--warnbg);color:var(--warn)}.badge.faint{background:var(--faintbg);color:var(--soft)}
.badge.leaning-good,.badge.leaning-bad{background:none;box-shadow:inset 0 0 0 1px currentColor}a>.badge{text-decoration:underline}
.badge.wide{white-space:normal}td .badge{font-size:.92em}.shape{overflow:visible;width:.95em;height:.95em;margin-right:.35em;vertical-align:-.1em;fill:none;stroke:currentColor;stroke-width:1.7;stroke-linecap:round}
.shape .solid{fill:currentColor}
dl.summary{display:grid;grid-template-columns:max-content 1fr;gap:.3rem .8rem;margin:.7rem 0;padding:.7rem .9rem;background:var(--panel);border:1px solid var(--line);border-radius:.5rem}
dl.summary dt,dl.summary dd{margin:0}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem;margin:.5rem 0}dl.facts dt{color:var(--soft)}dl.facts dd{margin:0;min-width:0}
@media (max-width:34rem){dl.summary,dl.facts{display:block}dl.summary dd{margin:.1rem 0 .5rem}dl.facts dd{margin:0 0 .35rem}dl.facts dt{font-size:.85rem}
body{padding:.7rem .8rem 2rem}h1{font-size:1.35rem}}
.answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:.6rem;margin:.8rem 0;padding:0;list-style:none}
.answers>li{margin:0;padding:.55rem .8rem;border:1px solid var(--line);border-left-width:.35rem;border-radius:.4rem;min-width:0}
.answers>li.good{border-left-color:var(--good)}.answers>li.bad{border-left-color:var(--bad)}.answers>li.warning{border-left-color:var(--warn)}
.answers p{margin:.15rem 0}.answers .q{font-weight:600;line-height:1.35}.answers ul{font-size:.88rem;margin:.25rem 0 0;padding-left:1rem}
.answers .a{font-size:.92rem;line-height:1.4}.answers .parts{list-style:none;padding:0;font-size:.84rem;line-height:1.35}.answers .badge{font-size:.72rem}
.scroll{overflow-x:auto;margin:.5rem 0;max-width:100%;container-type:inline-size;
background:linear-gradient(to right,var(--bg) 40%,transparent) left/2.4rem 100% no-repeat local,linear-gradient(to left,var(--bg) 40%,transparent) right/2.4rem 100% no-repeat local,
linear-gradient(to right,var(--edge),transparent) left/.9rem 100% no-repeat scroll,linear-gradient(to left,var(--edge),transparent) right/.9rem 100% no-repeat scroll}
.full{width:min-content;min-width:100%}
.hint{display:none}
@supports (width:1cqw){.hint{display:block;height:0;padding-top:clamp(0px,(100% - 100cqw - 1px)*999,1.3rem);overflow:hidden;position:relative}
.hint::before{content:"scroll sideways \2192";position:sticky;left:0;float:left;margin-top:-1.3rem;font-size:.8rem;line-height:1.3rem;color:var(--soft)}}
table{border-collapse:collapse;min-width:min(100%,18rem);font-size:.88rem;font-variant-numeric:tabular-nums;line-height:1.35}
caption{text-align:left;font-weight:600;padding:.3rem 0;caption-side:top}
th,td{text-align:left;vertical-align:top;padding:.22rem .6rem;border-bottom:1px solid var(--line)}
th{border-bottom:2px solid var(--soft);vertical-align:bottom}.n{text-align:right}td.n{white-space:nowrap}
td.long{min-width:20rem}td.medium{min-width:10rem}td.short{white-space:nowrap}tr.rule>td{border-top:2px solid var(--line)}
td.good{color:var(--good);font-weight:600}td.bad{color:var(--bad);font-weight:700}td.warning{color:var(--warn);font-weight:600}
td.leaning-good{color:var(--good)}td.leaning-bad{color:var(--bad)}td.faint{color:var(--soft)}td.strong{font-weight:700}
figure{margin:1rem 0;padding:0;max-width:40rem}figcaption{font-weight:600;margin:0 0 .2rem}
figure svg{display:block;width:100%;height:auto;color:var(--fg)}figure.forest{max-width:50rem}
.on-narrow{display:none}@media screen and (max-width:600px){.on-wide{display:none}.on-narrow{display:block;max-width:30rem}}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--link)}
pre{margin:.5rem 0;padding:.45rem .7rem;background:var(--panel);border:1px solid var(--line);border-radius:.4rem;overflow-x:auto;font-size:.88rem}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
nav{font-size:.92rem;margin:1rem 0}nav ul{columns:3 13rem;list-style:none;padding:0}
@media print{:root{font-size:9.5pt;color-scheme:light;--bg:#fff;--fg:#000;--soft:#444;--line:#bbb;--panel:#f4f4f4;--link:#000;
--good:#0a4d1c;--goodbg:#e6f5ea;--bad:#8a0012;--badbg:#fdeceb;--warn:#5e3a00;--warnbg:#fdf3d6;--faintbg:#eee}
@page{margin:14mm}body{max-width:none;padding:0}h2,h3,h4{break-after:avoid}
figure,.answers>li,tr{break-inside:avoid}figure{max-width:120mm}figure.forest{max-width:138mm}svg [stroke-width="0.30"] [stroke="#888888"]{stroke:#ccc}
.badge{border:1px solid currentColor;background:none}.badge.leaning-good,.badge.leaning-bad{box-shadow:none}.answers{grid-template-columns:repeat(3,1fr);gap:2mm}.answers>li{padding:1.2mm 2mm}
.scroll{overflow:visible;container-type:normal;background:none}.full{width:auto}.hint{display:none}table{font-size:7.5pt;max-width:100%}td.long,td.medium{min-width:0}th,td{overflow-wrap:normal;padding:.12rem .3rem}td.n,td.short{white-space:normal}
a{text-decoration:none}nav,details.screen{display:none}details.paper::details-content{content-visibility:visible;display:block;height:auto}
pre{white-space:pre-wrap}}
)css";

}  // namespace narrowfp::internal
