// The pages people see: who are you and do you accept, or why it cannot be. Plain HTML, without script.

type Question = {
  appName: string;
  permissions: string[];
  /** The address to begin with. */
  hint: string;
  knownAddresses: string[];
  /** What was wrong with the last answer. */
  problem?: string;
};

/** The form's fields are `address` and `answer`: `accept` or `cancel`. */
export function signInPage({ appName, permissions, hint, knownAddresses, problem }: Question): string {
  return page(
    'Sign in',
    `${problem === undefined ? '' : `<p role="alert">${escapeHtml(problem)}</p>`}
    <form method="post">
      <p><label>Address <input name="address" type="email" list="people" value="${escapeHtml(hint)}" required autofocus></label></p>
      <datalist id="people">${knownAddresses.map(address => `<option value="${escapeHtml(address)}">`).join('')}</datalist>
      <p><strong>${escapeHtml(appName)}</strong> would like to:</p>
      <ul>${permissions.map(permission => `<li>${escapeHtml(permission)}</li>`).join('')}</ul>
      <p>
        <button name="answer" value="accept">Accept</button>
        <button name="answer" value="cancel" formnovalidate>Cancel</button>
      </p>
    </form>`,
  );
}

export function errorPage(message: string): string {
  return page(
    'Sign in',
    `<p>Sorry, but we’re having trouble signing you in.</p>\n    <p>${escapeHtml(message)}</p>`,
  );
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>${title} (local Entra ID)</title>
    <style>body { font: 1rem/1.5 system-ui; max-width: 32rem; margin: 3rem auto; padding: 0 1rem }</style>
  </head>
  <body>
    <h1>${title}</h1>
    ${content}
  </body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}
