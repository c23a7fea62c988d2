/** A PSA in memory, as its maker would run it: companies, tickets, and one counter for each company. */
export class ToyPsa {
  static readonly sites = new Map<string, ToyPsa>();

  readonly password = 'toy-password';
  readonly companies = new Map<string, string>();
  readonly tickets: { id: string; key: string; title: string; text: string }[] = [];
  readonly counters = new Map<string, string>();
  /** What goes wrong with the next write, once. */
  fault: 'lost-before' | 'lost-after' | 'busy' | 'gateway' | undefined;

  constructor() {
    for (let n = 1; n <= 40; n += 1) this.companies.set(`c${n}`, `Customer ${n}`);
    this.companies.set('c41', 'Müller "Technik" [GmbH]');
    this.counters.set('c1', '24');
  }
}
