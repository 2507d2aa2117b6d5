import type { Backing } from '@mentor-sessions/local-stack/backing';
import { createVhost } from '@mentor-sessions/local-stack/vhosts';
import type { Closing } from './closing.ts';
import type { Service } from './running-stack.ts';

export type OpenVhost = {
  readonly amqpUrl: string;
  readonly amqpUrls: Readonly<Record<Service, string>>;
  readonly operatorAmqpUrl: string;
  readonly operatorManagementUrl: string | undefined;
  readonly reviewsAmqpUrl: string;
};

/** A vhost and users of our own; with an external broker without management API, the given user and vhost for everybody. */
export const openVhost = async ({ kind, broker }: Backing, closing: Closing): Promise<OpenVhost> => {
  const { amqpUrl, managementUrl } = broker;
  if (!managementUrl) {
    console.log(
      "The broker's management API does not answer (LOCAL_STACK_MANAGEMENT_URL): both services use the given user and vhost.",
    );
    return {
      amqpUrl,
      amqpUrls: { bookings: amqpUrl, sessions: amqpUrl },
      operatorAmqpUrl: amqpUrl,
      operatorManagementUrl: undefined,
      reviewsAmqpUrl: amqpUrl,
    };
  }
  const vhost = await createVhost(broker, { subscribers: ['reviews'] });
  if (kind === 'external') closing.add('the vhost', () => vhost.close());
  const { bookings = amqpUrl, sessions = amqpUrl, reviews = amqpUrl } = vhost.urls;
  const { operatorAmqpUrl, operatorManagementUrl } = vhost;
  const ours = { amqpUrl: vhost.amqpUrl, amqpUrls: { bookings, sessions }, reviewsAmqpUrl: reviews };
  return { ...ours, operatorAmqpUrl, operatorManagementUrl };
};
