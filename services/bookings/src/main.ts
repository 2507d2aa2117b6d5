import { runService } from '@mentor-sessions/service-kit/service';
import { readConfig } from './config.ts';
import { createBookingsService } from './service.ts';

// node src/main.ts relay runs that role alone; without an argument all roles run in one process
await runService(createBookingsService, readConfig);
