import { createUsageCollector } from "../../src/jobs/collect-usage.ts";
import { HOUR_MS } from "../../src/model/usage/time.ts";
import { createServices } from "../../src/services.ts";
import type { TestGateway } from "./gateway.ts";
import { withLongLeases } from "./leases.ts";

/** Collects usage into the archive of the gateway, as its job does. */
async function collect(gateway: TestGateway): Promise<void> {
  const services = createServices(gateway.options);
  const collector = createUsageCollector({
    ...services,
    store: { ...services.store, leases: withLongLeases(services.store.leases) },
    analytics: services.upstream.analytics,
    gatewayId: "test",
    timing: { pause: async () => undefined },
    logger: gateway.options.logger,
  });
  await collector.tick();
  await collector.idle();
  await collector.stop();
  await services.auth.close();
  await services.upstream.close();
}

/** Moves the time on by so many hours, and collects usage at least every six days, at the begin and at the end. */
export async function collectFor(gateway: TestGateway, hours: number): Promise<void> {
  await collect(gateway);
  for (let left = hours; left > 0; left -= 144) {
    gateway.sandbox.clock.advance(Math.min(left, 144) * HOUR_MS);
    await collect(gateway);
  }
}
