import type { ServiceDatabase } from '@mentor-sessions/local-stack/databases';
import type { Signing } from '@mentor-sessions/local-stack/tokens';
import type { RunningReviews } from './reviews.ts';
import type { Supervised } from '@mentor-sessions/local-stack/supervise';

export type Service = 'bookings' | 'sessions';
export type RunningRole = Supervised & { readonly service: Service; readonly role: string };

/** What `npm start` has brought up. */
export type RunningStack = {
  readonly databases: Readonly<Record<Service, ServiceDatabase>>;
  readonly amqpUrls: Readonly<Record<Service, string>>;
  /** As the development administrator. */
  readonly amqpUrl: string;
  readonly operatorAmqpUrl: string;
  readonly operatorManagementUrl: string | undefined;
  readonly signing: Signing;
  readonly roles: readonly RunningRole[];
  readonly reviews: RunningReviews;
  readonly consoleUrl: string;
};
