/** The style sheet of the HTML page. Colours are variables, once for light and once for dark. */
export const styles = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b1f24;--soft:#57606a;--line:#d8dee4;--code:#f2f4f7;
--good:#1a7f37;--good-bg:#e3f5e8;--bad:#b42318;--bad-bg:#fdecea;--warn:#8a6100;--warn-bg:#fff4d6;--calm:#57606a;--calm-bg:#eceff2;--accent:#2f5fd0}
@media (prefers-color-scheme:dark){:root{--bg:#0f1318;--card:#171c23;--ink:#e6eaf0;--soft:#9aa5b1;--line:#2b333d;--code:#0f141a;
--good:#5fd38a;--good-bg:#12301d;--bad:#ff8d80;--bad-bg:#3a1714;--warn:#f0c050;--warn-bg:#332705;--calm:#a3adb8;--calm-bg:#232a33;--accent:#86a8ff}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:66rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:2rem;line-height:1.2;margin:.1rem 0 .3rem}
h2{font-size:1.25rem;margin:2.6rem 0 .8rem}
h3{font-size:1.05rem;margin:0}
p{margin:.4rem 0}
a{color:inherit}
code,pre,.mono{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{overflow-wrap:anywhere}
.soft{color:var(--soft)}.small{font-size:.875rem}
.over{letter-spacing:.08em;text-transform:uppercase;font-size:.75rem;font-weight:600;color:var(--soft);margin:0}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.1rem 1.25rem}
.verdict{display:flex;gap:.9rem;align-items:flex-start;margin:1.3rem 0 1rem;border-left:6px solid var(--tone);background:var(--tone-bg)}
.verdict .sign{flex:none;width:2.1rem;height:2.1rem;border-radius:50%;background:var(--tone);color:var(--card);display:grid;place-items:center;font-size:1.25rem;font-weight:700}
.verdict p{margin:0}.verdict .said{font-size:1.15rem;font-weight:650}
.good{--tone:var(--good);--tone-bg:var(--good-bg)}.bad{--tone:var(--bad);--tone-bg:var(--bad-bg)}
.warn{--tone:var(--warn);--tone-bg:var(--warn-bg)}.calm{--tone:var(--calm);--tone-bg:var(--calm-bg)}
.ladder{display:grid;grid-template-columns:repeat(3,1fr);gap:.75rem;list-style:none;padding:0;margin:0 0 1rem}
.ladder li{border-top:4px solid var(--tone)}
.ladder b{font-size:1.05rem}
.chip svg{vertical-align:-.1em}
.chip{display:inline-block;align-self:start;white-space:nowrap;border-radius:99px;padding:.05rem .6rem;font-size:.8rem;font-weight:600;background:var(--tone-bg);color:var(--tone)}
.map{display:grid;gap:.35rem 2rem;grid-template-columns:repeat(auto-fit,minmax(min(24rem,100%),1fr))}
.map>div{display:grid;grid-template-columns:14rem 1fr;gap:.4rem;align-items:start}.map>div>a{text-decoration-color:var(--line);text-underline-offset:.2em}
.map .squares{display:flex;flex-wrap:wrap;gap:4px;align-items:center}
.map .squares a{width:1.15rem;height:1.15rem;border-radius:4px;background:var(--tone-bg);border:1px solid var(--tone);color:var(--tone);font-size:.7rem;line-height:1;font-weight:700;display:grid;place-items:center;text-decoration:none}
.map .squares a.bad{background:var(--bad);color:var(--card)}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.1rem;margin:0}
dl.facts dt{color:var(--soft)}dl.facts dd{margin:0;overflow-wrap:anywhere}
.failure{margin:0 0 1.1rem;border-left:6px solid var(--tone)}
.failure header{display:flex;flex-wrap:wrap;gap:.35rem .6rem;align-items:center}
.failure h3{flex:1 1 100%;font-size:1.15rem;overflow-wrap:anywhere}
.stake{background:var(--tone-bg);border-radius:8px;padding:.65rem .9rem;margin:.9rem 0}
.stake b{display:block;font-size:.75rem;letter-spacing:.06em;text-transform:uppercase;color:var(--tone)}
.stake ul{margin:.3rem 0 0;padding-left:1.1rem}
.failure dl.facts{margin:.9rem 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--soft);font-weight:600;font-size:.78rem}
.timeline td{overflow-wrap:anywhere}
.timeline td:not(:last-child){white-space:nowrap;overflow-wrap:normal;width:1%;color:var(--soft);font-variant-numeric:tabular-nums}
.timeline tr.marked td{background:var(--warn-bg)}
.timeline .mark{color:var(--warn);font-weight:700;white-space:nowrap}
.fiber{display:inline-block;min-width:1.5rem;text-align:center;border-radius:4px;padding:0 .35rem;background:var(--calm-bg);color:var(--ink);font-weight:600}
.fiber[data-n="2"]{background:#cfe0ff;color:#14306e}.fiber[data-n="3"]{background:#ffe2c7;color:#6a3500}.fiber[data-n="4"]{background:#d9f2dc;color:#124d20}.fiber[data-n="0"]{background:#efd9f7;color:#4e1463}
pre{background:var(--code);border:1px solid var(--line);border-radius:8px;padding:.6rem .8rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:.6rem 0 0}
.filters{position:absolute;opacity:0;pointer-events:none}
.tabs{display:flex;flex-wrap:wrap;gap:.4rem;margin:0 0 1rem}
.tabs label{cursor:pointer;border:1px solid var(--line);background:var(--card);border-radius:99px;padding:.2rem .85rem;font-size:.875rem}
.area{margin:0 0 1rem;padding:0;overflow:hidden}
.area>header{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.2rem 1rem;padding:.75rem 1.25rem;background:var(--code);border-bottom:1px solid var(--line)}
.law{display:grid;grid-template-columns:4.6rem 1fr max-content;gap:.1rem .9rem;padding:.7rem 1.25rem;border-top:1px solid var(--line);scroll-margin-top:1rem}
.law:first-of-type{border-top:0}
.law>.id{font-weight:650;white-space:nowrap}
.law>.body{min-width:0}
.law:target{outline:2px solid var(--accent);outline-offset:-2px}
details{margin-top:.15rem}summary{cursor:pointer;color:var(--soft);font-size:.875rem}
.law .because{font-size:.875rem;color:var(--tone);overflow-wrap:anywhere}
footer{margin-top:2.5rem;color:var(--soft);font-size:.875rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media (max-width:640px){main{padding:1.5rem .9rem 3rem}h1{font-size:1.6rem}.ladder{grid-template-columns:1fr}
.card{padding:.9rem 1rem}.area{padding:0}.law{grid-template-columns:1fr max-content;padding:.7rem 1rem}.law>.body{grid-column:1/-1}.law>.chip{grid-column:2;grid-row:1;justify-self:end}
.area>header{padding:.7rem 1rem}dl.facts{grid-template-columns:1fr}dl.facts dt{margin-top:.35rem}.map>div{grid-template-columns:8.5rem 1fr;font-size:.9rem}
th,td{padding:.3rem .4rem}}
@media print{:root{--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--code:#f5f5f5;--good:#1a7f37;--good-bg:#e3f5e8;--bad:#b42318;--bad-bg:#fdecea;--warn:#8a6100;--warn-bg:#fff4d6;--calm:#57606a;--calm-bg:#eceff2}
body{font-size:11pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}main{max-width:none;padding:0}.tabs{display:none}.failure,.law,.ladder li{break-inside:avoid}h2,h3,.area>header{break-after:avoid}
details::details-content{content-visibility:visible;block-size:auto}summary{list-style:none}.law.good details,.law.calm details{display:none}a{text-decoration:none}}
`
