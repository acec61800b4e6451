import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The metrics of one process, in Prometheus' terms. Label values come from closed sets, never from tenants. */
export interface Metrics {
  readonly contentType: string;
  counter(name: string, help: string, labels?: string[]): Counter;
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** A histogram of seconds. */
  histogram(name: string, help: string, buckets: number[], labels?: string[]): Histogram;
  render(): Promise<string>;
}

/** Builds the registry of one service, with Node's own process metrics in it. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    contentType: registry.contentType,
    counter: (name, help, labelNames = []) => new Counter({ name, help, labelNames, registers }),
    gauge: (name, help, read) => {
      new Gauge({
        name,
        help,
        registers,
        async collect() {
          // One that can't be read right now, as with Redis down, must not take all the others along.
          this.set(
            await Promise.resolve()
              .then(read)
              .catch(() => Number.NaN),
          );
        },
      });
    },
    histogram: (name, help, buckets, labelNames = []) =>
      new Histogram({ name, help, buckets, labelNames, registers }),
    render: () => registry.metrics(),
  };
}
