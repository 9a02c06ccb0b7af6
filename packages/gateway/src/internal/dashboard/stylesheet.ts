/**
 * The one style sheet of the dashboard. It is served under its own digest, so that a browser may keep it for ever.
 */
import * as Digest from "@paylayer/core/Digest"

export const css = `
:root {
  color-scheme: light dark;
  --page: #f4f6f9; --card: #fff; --ink: #141922; --soft: #566173; --line: #dfe4ec; --field: #fff; --edge: #848fa3;
  --accent: #0b57c2; --accent-ink: #fff; --tint: #e8f0fd;
  --good: #0a6638; --good-tint: #e2f5e9; --warn: #7a4b00; --warn-tint: #fff2d9; --bad: #ad241c; --bad-tint: #fdeae8;
  --s0: #2f6fde; --s1: #0b8276; --s2: #b4660a; --s3: #8452c6; --s4: #c23f68; --s5: #6c7788;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1118; --card: #151b26; --ink: #e8edf6; --soft: #a5b1c4; --line: #2a3445; --field: #0f141d; --edge: #6d7b93;
    --accent: #82b1ff; --accent-ink: #06142e; --tint: #1a2840;
    --good: #7fdca6; --good-tint: #12301f; --warn: #ffcf82; --warn-tint: #362807; --bad: #ffb0a9; --bad-tint: #3a1a18;
    --s0: #6d9dff; --s1: #3fbdb0; --s2: #e0a046; --s3: #b48df2; --s4: #f0809f; --s5: #97a3b6;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; background: var(--page); color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", sans-serif;
  font-variant-numeric: tabular-nums;
}
a { color: var(--accent); text-underline-offset: .18em; text-decoration-thickness: .06em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }
main:focus { outline: 0; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: .5rem; top: .5rem; padding: .5rem 1rem; background: var(--card); z-index: 2; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

header { background: var(--card); border-bottom: 1px solid var(--line); }
.brand { display: flex; justify-self: start; align-items: center; gap: .6rem; font-weight: 650; letter-spacing: -.01em; color: var(--ink); text-decoration: none; }
.brand::before {
  content: ""; width: 1.5rem; height: 1.5rem; border-radius: .45rem; flex: none; background: var(--accent);
  box-shadow: inset 0 -.5rem 0 rgb(255 255 255 / .3);
}
.rail { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center; }
.rail nav { grid-column: 1 / -1; order: 1; min-width: 0; }
.brand, .who { padding: .75rem 1rem; }
.sections { display: flex; gap: .25rem; overflow-x: auto; padding: 0 .75rem .6rem; margin: 0; list-style: none; scrollbar-width: none; }
.sections a {
  display: block; padding: .4rem .75rem; border-radius: .6rem; color: var(--soft); text-decoration: none; white-space: nowrap; font-size: .95rem;
}
.sections a:hover { background: var(--page); color: var(--ink); }
.sections a[aria-current] { background: var(--tint); color: var(--accent); font-weight: 600; }
.who { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; font-size: .9rem; }
.who .zone, .foot .zone { display: none; }
main { padding: 1.25rem 1rem 3rem; max-width: 78rem; min-width: 0; }
@media (min-width: 60rem) {
  .inside { display: grid; grid-template-columns: 13.5rem minmax(0, 1fr); }
  .inside header { border-bottom: 0; border-right: 1px solid var(--line); }
  .inside .rail { position: sticky; top: 0; height: 100vh; display: flex; flex-direction: column; align-items: stretch; padding: 1.25rem .75rem; overflow-y: auto; }
  .inside .rail nav { flex: 1; order: 0; }
  .inside .brand { padding: 0 .75rem 1.25rem; }
  .inside .sections { flex-direction: column; padding: 0; }
  .inside .who { flex-direction: column; align-items: flex-start; padding: 1rem .75rem 0; }
  .who .zone { display: block; }
  .inside main { padding: 2rem 2.5rem 4rem; }
}
@media (max-width: 59.99rem) { .foot .zone { display: inline; } }
.outside main { max-width: 26rem; margin: 0 auto; padding-top: 10vh; }
.outside h1 { margin-bottom: .5rem; }
.link { border: 0; padding: 0; min-height: 0; background: none; color: var(--accent); font: inherit; text-decoration: underline; text-underline-offset: .18em; text-decoration-thickness: .06em; cursor: pointer; }

h1 { font-size: 1.6rem; line-height: 1.2; letter-spacing: -.02em; font-weight: 650; margin: 0; }
h2 { font-size: 1.05rem; line-height: 1.3; font-weight: 650; margin: 0 0 .75rem; }
h3 { font-size: .95rem; font-weight: 600; margin: 1rem 0 .25rem; }
p { margin: 0 0 .75rem; }
code, .id { font: .88em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.soft { color: var(--soft); }
.small { font-size: .875rem; }
.title { display: flex; flex-wrap: wrap; gap: .75rem 1.25rem; align-items: center; justify-content: space-between; margin-bottom: 1.25rem; }
.title .id { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: 1.25rem; margin: 0 0 1.25rem; min-width: 0; }
.card > :last-child { margin-bottom: 0; }
.card .title { margin-bottom: .75rem; }
.card .title h2 { margin: 0; }
.card .title a { font-size: .9rem; }
.card.flush { padding-inline: 0; padding-bottom: .25rem; }
.card.flush > :not(.scroll):not(table) { margin-inline: 1.25rem; }
.pair { display: grid; gap: 0 1.25rem; }
@media (min-width: 48rem) { .pair { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } .pair.wide { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); } }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(11rem, 100%), 1fr)); gap: 1rem; margin: 0 0 1.25rem; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: 1rem 1.25rem; }
.tile dt { color: var(--soft); font-size: .875rem; }
.tile dd { margin: 0; }
@media (max-width: 47.99rem) {
  .tiles { gap: .75rem; }
  .tile { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 1rem; align-items: center; padding-block: .75rem; }
  .tile .big { grid-column: 2; grid-row: 1 / span 2; text-align: right; }
  .tile .big:last-child { grid-row: 1; }
}
.tile .big { font-size: 1.6rem; line-height: 1.3; font-weight: 650; letter-spacing: -.02em; white-space: nowrap; }

.choice { display: inline-flex; flex-wrap: wrap; gap: .15rem; padding: .2rem; background: var(--card); border: 1px solid var(--line); border-radius: .7rem; font-size: .9rem; }
.choice a { padding: .25rem .7rem; border-radius: .5rem; color: var(--soft); text-decoration: none; }
.choice a[aria-current] { background: var(--tint); color: var(--accent); font-weight: 600; }
.choices { display: flex; flex-wrap: wrap; gap: .5rem; }

.scroll { overflow-x: auto; }
.scroll:focus-visible { outline-offset: -3px; }
table { width: 100%; border-collapse: collapse; font-size: .925rem; }
caption .soft { font-weight: 400; }
caption.hidden { position: absolute; }
caption { text-align: left; font-weight: 650; font-size: 1.05rem; padding: 0 1.25rem .75rem; }
th, td { text-align: left; vertical-align: top; padding: .6rem .75rem; border-bottom: 1px solid var(--line); font-weight: 400; }
th:first-child, td:first-child { padding-left: 1.25rem; }
th:last-child, td:last-child { padding-right: 1.25rem; }
thead th { color: var(--soft); font-size: .8125rem; font-weight: 600; white-space: nowrap; padding-block: .4rem; }
tbody tr:last-child > * { border-bottom: 0; }
tbody tr:hover { background: color-mix(in srgb, var(--tint) 45%, transparent); }
.number { text-align: right; white-space: nowrap; }
.nowrap { white-space: nowrap; }
tfoot th, tfoot td { font-weight: 650; border-top: 2px solid var(--line); border-bottom: 0; }
.empty { color: var(--soft); }
@media (max-width: 47.99rem) {
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack, .stack tbody, .stack tfoot { display: block; }
  .stack caption { display: block; }
  .stack tr { display: grid; grid-template-columns: 1fr 1fr; gap: .1rem 1rem; padding: .75rem 1.25rem; border-bottom: 1px solid var(--line); }
  .stack tr:last-child { border-bottom: 0; }
  .stack th, .stack td { display: block; padding: 0 !important; border: 0; text-align: left; white-space: normal; min-width: 0; }
  .stack .full { grid-column: 1 / -1; }
  .stack [data-label]::before { content: attr(data-label); display: block; color: var(--soft); font-size: .75rem; }
  .stack [data-label]:empty { display: none; }
  .brief tr { display: flex; flex-wrap: wrap; gap: .2rem .75rem; align-items: baseline; }
  .brief tr::after { content: ""; order: 1; flex-basis: 100%; }
  .brief th { flex: 1; }
  .brief td { order: 2; font-size: .875rem; }
  .brief td:last-child { order: 1; font-size: inherit; font-weight: 600; }
  .brief [data-label]::before { content: none; }
}

.badge { display: inline-block; border-radius: 1rem; padding: .05rem .6rem; font-size: .8125rem; font-weight: 600; white-space: nowrap; background: var(--tint); color: var(--accent); }
.badge.good { background: var(--good-tint); color: var(--good); }
.badge.warn { background: var(--warn-tint); color: var(--warn); }
.badge.bad { background: var(--bad-tint); color: var(--bad); }
.badge.still { background: var(--page); color: var(--soft); }
.note { border-radius: .7rem; padding: .7rem 1rem; margin: 0 0 1.25rem; background: var(--tint); }
.note.good { background: var(--good-tint); color: var(--good); }
.note.warn { background: var(--warn-tint); color: var(--warn); }
.note.bad { background: var(--bad-tint); color: var(--bad); }

.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .4rem 1.25rem; margin: 0 0 .75rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; }
@media (max-width: 30rem) { .facts { grid-template-columns: minmax(0, 1fr); gap: 0; } .facts dd { margin-bottom: .5rem; } }

.chart { margin: 0; }
.plot { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0 .6rem; color: var(--soft); font-size: .75rem; line-height: 1; }
.plot .scale { display: flex; flex-direction: column; justify-content: space-between; text-align: right; height: 12rem; margin-block: -.375rem; }
.plot svg { display: block; width: 100%; height: 11.25rem; overflow: visible; }
.plot .days { grid-column: 2; display: flex; justify-content: space-between; padding-top: .5rem; white-space: nowrap; }
.grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.s0 { fill: var(--s0); background: var(--s0); } .s1 { fill: var(--s1); background: var(--s1); } .s2 { fill: var(--s2); background: var(--s2); }
.s3 { fill: var(--s3); background: var(--s3); } .s4 { fill: var(--s4); background: var(--s4); } .s5 { fill: var(--s5); background: var(--s5); }
.hit { fill: transparent; } .hit:hover { fill: color-mix(in srgb, var(--ink) 7%, transparent); }
.legend { display: flex; flex-wrap: wrap; gap: .35rem 1.25rem; margin: 1rem 0 .5rem; padding: 0; list-style: none; font-size: .875rem; }
.legend li { display: flex; align-items: center; gap: .5rem; }
.legend .key { width: .75rem; height: .75rem; border-radius: .2rem; flex: none; forced-color-adjust: none; }
.legend b { font-weight: 600; }
details > summary { cursor: pointer; color: var(--accent); padding: .4rem 0; width: max-content; max-width: 100%; }
details.figures { border-top: 1px solid var(--line); margin: .75rem -1.25rem -1.25rem; }
details.figures > summary { padding: .6rem 1.25rem; font-size: .9rem; }
details.figures .scroll { max-height: 24rem; overflow-y: auto; }
details.figures caption { font-size: .875rem; color: var(--soft); font-weight: 400; }

.list { list-style: none; margin: 0; padding: 0; }
.list > li { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; padding: .5rem 0; border-bottom: 1px solid var(--line); }
.list > li:last-child { border-bottom: 0; }
.list > .bar progress { flex: 1 0 100%; margin: 0; }
progress { appearance: none; display: block; width: 100%; height: .5rem; border: 0; border-radius: .25rem; background: var(--line); overflow: hidden; margin: .35rem 0; }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent); }
progress::-moz-progress-bar { background: var(--accent); }
progress.near::-webkit-progress-value { background: var(--s2); } progress.near::-moz-progress-bar { background: var(--s2); }
progress.end::-webkit-progress-value { background: var(--s4); } progress.end::-moz-progress-bar { background: var(--s4); }

.timeline { list-style: none; margin: 0; padding: 0; }
.timeline li { position: relative; padding: 0 0 1rem 1.75rem; }
.timeline li::before { content: ""; position: absolute; left: .25rem; top: .45rem; width: .75rem; height: .75rem; border-radius: 50%; background: var(--accent); z-index: 1; }
.timeline li::after { content: ""; position: absolute; left: .575rem; top: .6rem; bottom: -.6rem; width: .1rem; background: var(--line); }
.timeline li:last-child::after { display: none; }
.timeline li:last-child { padding-bottom: 0; }
.timeline .good::before { background: var(--good); } .timeline .bad::before { background: var(--bad); }
.timeline .warn::before { background: var(--s2); } .timeline .still::before { background: var(--s5); }
.timeline .head { display: flex; flex-wrap: wrap; gap: 0 .75rem; align-items: baseline; }
.timeline b { font-weight: 650; }

form.filter { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(8rem, 100%), 1fr)); gap: .75rem; align-items: end; }
.field { margin: 0 0 1rem; }
form.filter .field { margin: 0; min-width: 0; }
form.filter.wide { grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); }
@media (min-width: 60rem) { form.filter:not(.wide) { grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); } }
label, legend { display: block; font-weight: 600; font-size: .9rem; padding: 0; margin-bottom: .2rem; }
fieldset { border: 0; margin: 0 0 1rem; padding: 0; min-width: 0; }
.pick { display: flex; gap: .6rem; align-items: center; min-height: 2.5rem; font-weight: 400; font-size: 1rem; margin: 0; }
.pick input { width: 1.15rem; height: 1.15rem; flex: none; accent-color: var(--accent); margin: 0; }
input:not([type=radio]), select {
  width: 100%; min-height: 2.75rem; padding: .45rem .75rem; font: inherit; color: inherit; background: var(--field);
  border: 1px solid var(--edge); border-radius: .6rem;
}
[aria-invalid=true] { border: 2px solid var(--bad) !important; }
.problem { color: var(--bad); font-weight: 600; font-size: .9rem; display: block; }
.button, button {
  display: inline-block; min-height: 2.75rem; padding: .5rem 1.1rem; border-radius: .6rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--accent); background: var(--card); border: 1px solid var(--edge); text-decoration: none; text-align: center;
}
button.main, .button.main { color: var(--accent-ink); background: var(--accent); border-color: var(--accent); }
button.danger { color: var(--card); background: var(--bad); border-color: var(--bad); }
.whole { width: 100%; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; }
.sum { display: block; font-size: 2rem; font-weight: 650; letter-spacing: -.02em; line-height: 1.2; margin-bottom: .75rem; }
.pager { display: flex; gap: 1rem; flex-wrap: wrap; justify-content: space-between; align-items: center; margin-bottom: 1.25rem; }
@media (forced-colors: active) { .badge, .note, .card, .tile { border: 1px solid; } }
@media (prefers-reduced-motion: no-preference) { .fresh { animation: fresh 1.6s ease-out; } }
@keyframes fresh { from { background: var(--tint); } }
`.trimStart()

/** Where it is. */
export const path: `/${string}` = `/dashboard/style-${Digest.sha256(css).slice(0, 16)}.css`
