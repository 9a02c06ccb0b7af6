/**
 * The one style sheet of the pages. It is served under its own digest, so that a browser may keep it for ever.
 */
import * as Digest from "@paylayer/core/Digest"

export const css = `
:root {
  color-scheme: light dark;
  --page: #eef2f7; --card: #fff; --ink: #10182a; --soft: #52607a; --line: #cfd7e3; --field: #fff;
  --accent: #0a52cc; --accent-ink: #fff; --tint: #eaf1fe; --note: #fff6e0; --note-ink: #6b4700;
  --good: #0b6b3a; --good-tint: #e3f6ea; --bad: #b3261e; --bad-tint: #fdeceb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0c111b; --card: #161d2b; --ink: #eaf0fa; --soft: #a7b4ca; --line: #36435a; --field: #0f1521;
    --accent: #7db0ff; --accent-ink: #06142e; --tint: #1a2844; --note: #33290f; --note-ink: #ffdf9b;
    --good: #7fdca6; --good-tint: #12301f; --bad: #ffb0a9; --bad-tint: #3a1a18;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", sans-serif;
}
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: .5rem; top: .5rem; padding: .5rem 1rem; background: var(--card); z-index: 1; }
.wide { max-width: 36rem; margin: 0 auto; padding: 0 1rem; }
header .wide, header nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; }
header > .wide { padding-block: .75rem; }
header strong { flex: 1 1 auto; display: flex; align-items: center; gap: .5rem; }
header strong::before {
  content: ""; width: 1.5rem; height: 1.5rem; border-radius: .4rem; background: var(--accent);
  box-shadow: inset 0 -.55rem 0 rgb(255 255 255 / .28);
}
header form { display: contents; }
.link { border: 0; padding: 0; background: none; color: var(--accent); font: inherit; text-decoration: underline; cursor: pointer; width: auto; min-height: 0; }
.sandbox { background: var(--note); color: var(--note-ink); font-size: .875rem; }
.sandbox p.wide { padding-block: .5rem; }
main.wide { padding-block: 1rem 3rem; }
main:focus { outline: 0; }
.card > :last-child { margin-bottom: 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 1rem; padding: 1.25rem; margin-bottom: 1rem; }
h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
p { margin: 0 0 .75rem; }
.soft { color: var(--soft); font-size: .9rem; }
.who { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 0; }
.who dt { color: var(--soft); }
.who dd { margin: 0; }
@media (max-width: 30rem) {
  .who { grid-template-columns: 1fr; gap: 0; }
  .who dd { margin-bottom: .6rem; }
}
.code { font: 700 1.15rem/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; letter-spacing: .08em; }
.allow { background: var(--tint); border-radius: .75rem; padding: 1rem; margin: 1rem 0; }
.allow ul { margin: 0; padding-left: 1.2rem; }
.allow li { margin: .2rem 0; }

.sum { display: block; font-size: 1.9rem; font-weight: 700; line-height: 1.2; }
fieldset { border: 0; margin: 0 0 1rem; padding: 0; min-width: 0; }
legend, label.name { display: block; font-weight: 600; padding: 0; margin-bottom: .15rem; }
.field { margin-bottom: 1rem; }
input[type=text], input[type=datetime-local] {
  width: 100%; min-height: 2.9rem; padding: .5rem .75rem; font: inherit; color: inherit;
  background: var(--field); border: 1px solid var(--soft); border-radius: .6rem;
}
[aria-invalid=true] { border: 2px solid var(--bad) !important; }
.pick { display: flex; gap: .6rem; align-items: center; min-height: 2.6rem; }
.pick input { width: 1.25rem; height: 1.25rem; flex: none; accent-color: var(--accent); }
summary { cursor: pointer; font-weight: 600; padding: .6rem 0; }
.less { border-bottom: 1px solid var(--line); }
.less > summary { font-size: 1.05rem; padding-top: 0; }
.errors { border: 2px solid var(--bad); background: var(--bad-tint); border-radius: .75rem; padding: .75rem 1rem; margin-bottom: 1rem; }
.errors ul { margin: .25rem 0 0; padding-left: 1.2rem; }
.problem { color: var(--bad); font-weight: 600; font-size: .9rem; }
.buttons { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; margin: 1.25rem 0 .75rem; }
button {
  width: 100%; min-height: 3rem; padding: .6rem 1rem; border-radius: .75rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--accent); background: transparent; border: 2px solid var(--accent);
}
button.main { color: var(--accent-ink); background: var(--accent); }
button.danger { color: var(--bad); border-color: var(--bad); }
.stack { display: grid; gap: .75rem; margin-bottom: .75rem; }
.badge { display: inline-block; border-radius: 1rem; padding: .1rem .7rem; font-size: .85rem; font-weight: 600; background: var(--tint); }
.badge.NORMAL { background: var(--good-tint); color: var(--good); }
.badge.CANCELLED, .badge.INVALID { background: var(--bad-tint); color: var(--bad); }
.list { list-style: none; margin: 0; padding: 0; }
.head { display: flex; flex-wrap: wrap; gap: .5rem; justify-content: space-between; align-items: start; }
progress { appearance: none; display: block; width: 100%; height: .5rem; margin-top: .4rem; border: 0; border-radius: .25rem; background: var(--line); overflow: hidden; }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent); }
progress::-moz-progress-bar { background: var(--accent); }
.mark { width: 3.5rem; height: 3.5rem; border-radius: 50%; display: grid; place-items: center; font-size: 1.8rem; margin-bottom: .75rem; background: var(--tint); }
.mark.good { background: var(--good-tint); color: var(--good); }
.mark.bad { background: var(--bad-tint); color: var(--bad); }
.act { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin-top: .75rem; align-items: start; }
.act summary { min-height: 3rem; display: grid; place-items: center; border: 2px solid var(--line); border-radius: .75rem; color: var(--bad); list-style: none; }
.act summary::-webkit-details-marker { display: none; }
@media (forced-colors: active) { .badge, .allow, .card { border: 1px solid; } }
`.trimStart()

/** Where it is. */
export const path: `/${string}` = `/wallet/style-${Digest.sha256(css).slice(0, 16)}.css`
