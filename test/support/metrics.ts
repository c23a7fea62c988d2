export interface Scraped {
  text: string;
  /** The value of the series with these labels, and no others; undefined where there is none. */
  value(name: string, labels?: Record<string, string>): number | undefined;
}

/** Reads /metrics as Prometheus does. */
export async function scrape(url: string): Promise<Scraped> {
  const answer = await fetch(`${url}/metrics`);
  if (!answer.ok) throw new Error(`${answer.status} from ${url}/metrics`);
  const text = await answer.text();
  const series = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, , labels = '', value] = /^(\w+)(\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name) series.set(`${name}{${labels.split(',').sort().join(',')}}`, Number(value));
  }
  return {
    text,
    value(name, labels = {}) {
      const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
      return series.get(`${name}{${pairs.sort().join(',')}}`);
    },
  };
}
