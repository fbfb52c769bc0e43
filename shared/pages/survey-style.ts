// How the page of a survey looks: in the company's colour, by day and in the dark.
import { inkOn, onDarkPaper, paper } from '../domain/colour.ts';

/** Of who has chosen none. */
const usualAccent = '#0b57a4';

/** The style sheet with a company's colour (`#rrggbb`); null for the usual one. */
export function surveyStyle(accent: string | null): string {
  const light = accent ?? usualAccent;
  const dark = onDarkPaper(light);
  return `
:root{color-scheme:light dark;--paper:${paper.light};--ink:#1b1f23;--soft:#57606a;--line:#6e7781;--wrong:#b3261e;--accent:${light};--on:${inkOn(light)};font:1.0625rem/1.5 system-ui,sans-serif}
@media(prefers-color-scheme:dark){:root{--paper:${paper.dark};--ink:#e8eaed;--soft:#a8b0b8;--line:#8b949e;--wrong:#ff9d94;--accent:${dark};--on:${inkOn(dark)}}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem 1rem 3rem;max-width:38rem;background:var(--paper);color:var(--ink);overflow-wrap:anywhere}
header{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;justify-content:space-between}
header img{height:3rem;max-width:100%;object-fit:contain;background:#fff;padding:.25rem}
header b{font-size:1.125rem}
nav ul{display:flex;flex-wrap:wrap;margin:0;padding:0;list-style:none}
nav li>*{display:block;min-width:2.75rem;padding:.625rem .5rem}
h1{font-size:1.5rem;line-height:1.25}
h2{font-size:1.125rem;margin:0}
a{color:var(--accent)}
fieldset{border:0;margin:0;padding:0;min-width:0}
form>*+*,details>form{margin-top:1.5rem}
legend,.q>label{display:block;padding:0;font-weight:600;margin-bottom:.25rem}
small{font-weight:400;font-size:.875rem;color:var(--soft)}
fieldset label{display:flex;gap:.75rem;align-items:center;min-height:2.75rem;padding:.25rem;width:fit-content}
input{width:1.5rem;height:1.5rem;margin:0;flex:none;accent-color:var(--accent)}
.row{display:flex;flex-wrap:wrap}
.row label{flex-direction:column;gap:.25rem;min-width:2.75rem;max-width:6.5rem;text-align:center}
textarea{display:block;width:100%;padding:.5rem;font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:.25rem}
button{min-height:2.75rem;padding:.5rem 1.25rem;font:inherit;font-weight:600;color:var(--on);background:var(--accent);border:1px solid var(--accent);border-radius:.25rem;cursor:pointer}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
summary{padding:.625rem 0;cursor:pointer}
.box{padding:.75rem 1rem;border:2px solid var(--wrong);border-radius:.25rem}
.box ul{margin:.5rem 0 0;padding-left:1.25rem}
.box li{padding:.25rem 0}
.wrong{margin:0 0 .25rem;color:var(--wrong);font-weight:600}
.trap{display:none}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);font-size:.875rem;color:var(--soft)}
footer a{display:inline-block;padding:.625rem 0}
footer button{font-weight:400;color:var(--ink);background:var(--paper);border-color:var(--line)}
@media(forced-colors:active){button,footer button{color:ButtonText;background:ButtonFace;border-color:ButtonText}}
`;
}
