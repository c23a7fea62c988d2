import type { Sandbox } from './sandbox.js';
import { SANDBOX_LOGIN } from './seed.js';

const html = (value: unknown) =>
  String(value ?? '').replace(
    /[&<>"']/g,
    char => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[char]!,
  );

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --accent: #2563eb }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
p { margin: .3rem 0 } code { background: var(--soft); padding: .1em .3em; border-radius: 4px }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
th { font-weight: 600; opacity: .7 } td.number { text-align: right; font-variant-numeric: tabular-nums }
summary { cursor: pointer } pre { white-space: pre-wrap; background: var(--soft); padding: .6rem; border-radius: 6px; margin: .4rem 0 }
.none { opacity: .6 } .changed { color: var(--accent); font-weight: 600 } .bad { color: #dc2626 }`;

const table = (head: string[], rows: string[], none: string) =>
  rows.length === 0
    ? `<p class="none">${none}</p>`
    : `<table><thead><tr>${head.map(cell => `<th>${cell}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;

/** The sandbox's content as a page: tickets, changed additions, the latest requests. */
export function page(sandbox: Sandbox): string {
  const { store, requests, host } = sandbox;
  const tickets = store.tickets.all();
  const { keys } = SANDBOX_LOGIN;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width"><title>ConnectWise sandbox</title><style>${style}</style></head><body>
<h1>ConnectWise PSA sandbox</h1>
<p>Behaves like the REST API as far as its behaviour is known. A live account may behave differently. This page reloads itself.</p>
<p>Site <code>${html(host)}</code> · company <code>${html(store.companyId)}</code> · public key <code>${keys.username}</code> · private key <code>${keys.password}</code></p>
<h2>Tickets (${tickets.length})</h2>
${table(['#', 'Company', 'Board · type', 'Priority', 'Summary'], tickets.slice(-200).reverse().map(ticketRow(sandbox)), 'No tickets yet.')}
<h2>Changed additions</h2>
${table(['Company', 'Agreement', 'Product', 'Quantity', 'History'], additionRows(sandbox), 'No addition has been changed yet.')}
<h2>Latest requests (${requests.total} in total)</h2>
${table(
  ['Time', 'Request', 'Login', 'Status'],
  requests
    .latest(30)
    .reverse()
    .map(
      ({ at, method, path, query, urlLength, user, status }) =>
        `<tr><td>${html(at.slice(11, 19))}</td><td><code>${html(method)} ${html(path)}</code> <small>${html(decodeURIComponent(query.replaceAll('+', ' ')).slice(0, 120))}</small>${urlLength > 2_000 ? ' <small class="bad">URL over 2,000 characters</small>' : ''}</td><td>${html(user)}</td><td class="${status >= 400 || status === 0 ? 'bad' : ''}">${status || 'none'}</td></tr>`,
    ),
  'No requests yet.',
)}
</body></html>`;
}

const ticketRow =
  ({ store }: Sandbox) =>
  (ticket: ReturnType<Sandbox['store']['tickets']['all']>[number]) =>
    `<tr><td>${ticket.id}</td><td>${html(ticket.company.name)}</td><td>${html(ticket.board.name)}${ticket.type ? ` · ${html(ticket.type.name)}` : ''}${ticket.subType ? ` · ${html(ticket.subType.name)}` : ''}</td><td>${html(ticket.priority?.name)}</td><td><details><summary>${html(ticket.summary)}</summary><pre>${html(store.textsOf(ticket.id).join('\n\n'))}</pre><small>reference ${html(ticket.externalXRef)}</small></details></td></tr>`;

function additionRows({ store }: Sandbox): string[] {
  const changed = new Set(store.additionChanges.map(change => change.additionId));
  return store.additions
    .all()
    .filter(addition => changed.has(addition.id))
    .map(addition => {
      const agreement = store.agreements.get(addition.agreementId);
      const history = store
        .changesOf(addition.id)
        .map(
          ({ at, field, before, after }) =>
            `<div>${html(at.slice(0, 19).replace('T', ' '))} ${html(field)}: ${html(before ?? 'none')} → <span class="changed">${html(after)}</span></div>`,
        )
        .join('');
      return `<tr><td>${html(agreement?.company.name)}</td><td>${html(agreement?.name)}</td><td>${html(addition.product.identifier)}</td><td class="number">${addition.quantity}</td><td>${history}</td></tr>`;
    });
}
