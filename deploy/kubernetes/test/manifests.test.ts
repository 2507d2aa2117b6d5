import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { bookingAcceptedQueue, catalogue, sessionEventsQueue } from '@mentor-sessions/contracts';
import { connectionLimits, reportsSettings, restrictions } from '@mentor-sessions/local-stack/databases';
import { bindable } from '@mentor-sessions/local-stack/vhosts';
import { render, readYaml } from './render.ts';
import type { Resource } from './render.ts';
import { hasSchema, typeErrors, validate } from './schemas.ts';

const house = join(import.meta.dirname, '../../..');
const rendered = render(join(house, 'deploy/kubernetes/overlays/production'));
const secrets = readYaml(join(house, 'deploy/kubernetes/secrets.example.yaml'));
const roles = ['bookings', 'sessions'].flatMap((service) =>
  ['api', 'relay', 'consumer'].map((role) => `${service}-${role}`),
);
/** Nothing waits for these: they are one each, and may be away for a while. */
const singles = ['bookings-retention', 'sessions-retention', 'console'];

const ofKind = (kind: string): Resource[] => rendered.filter((resource) => resource['kind'] === kind);
const named = (resources: readonly Resource[]): string[] => resources.map(({ metadata }) => metadata.name).toSorted();
const templates = ['Deployment', 'Job']
  .flatMap(ofKind)
  .map(({ metadata, spec }) => ({ name: metadata.name, ...spec.template }));
const title = ({ kind, metadata }: Resource): string => `${kind} ${metadata.name}`;

const isSelected = (labels: Resource, { matchLabels = {}, matchExpressions = [] }: Resource): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, values }: Resource) => values.includes(labels[key]));
const selectedBy = (selector: Resource): string[] =>
  templates.filter(({ metadata }) => isSelected(metadata.labels, selector)).map(({ name }) => name);

describe('each resource', () => {
  test.each(rendered.filter(hasSchema).map((resource) => [title(resource), resource] as const))(
    '%s is as its schema says',
    (_, resource) => expect(() => validate(resource)).not.toThrow(),
  );

  test('has no name that its type does not know', () => {
    const known = rendered.filter(hasSchema);
    expect(typeErrors(known)).toEqual([]);
    const mistyped = { ...(known.find(({ kind }) => kind === 'Namespace') as Resource), specs: {} };
    expect(typeErrors([mistyped])).toEqual([expect.stringContaining('specs')]);
  }, 60_000);

  test('is there once, in the namespace of the overlay', () => {
    const titles = rendered.map(title);
    expect(titles).toEqual([...new Set(titles)]);
    const outside = rendered.filter(
      ({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'mentor-sessions',
    );
    expect(outside.map(title)).toEqual([]);
  });

  test('matches a schema, or is of a kind known to have none', () => {
    const kinds = rendered
      .filter((resource) => !hasSchema(resource))
      .map(({ apiVersion, kind }) => `${apiVersion} ${kind}`);
    expect([...new Set(kinds)].toSorted()).toEqual([
      'postgresql.cnpg.io/v1 Cluster',
      'rabbitmq.com/v1beta1 Exchange',
      'rabbitmq.com/v1beta1 Permission',
      'rabbitmq.com/v1beta1 RabbitmqCluster',
      'rabbitmq.com/v1beta1 TopicPermission',
      'rabbitmq.com/v1beta1 User',
      'rabbitmq.com/v1beta1 Vhost',
    ]);
  });
});

describe('each role', () => {
  test('is a deployment of its own, found by its own selector alone', () => {
    expect(named(ofKind('Deployment'))).toEqual([...roles, ...singles].toSorted());
    for (const { metadata, spec } of ofKind('Deployment')) expect(selectedBy(spec.selector)).toEqual([metadata.name]);
  });

  test.each(templates.map((template) => [template.name, template] as const))(
    '%s is locked down and runs what is there',
    (_, { spec }) => {
      const [container, ...others] = spec.containers;
      expect(others).toEqual([]);
      expect(container.image).toBe('registry.example.com/mentor-sessions:0.1.0');
      expect(existsSync(join(house, container.args[0]))).toBe(true);
      expect(spec).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources.limits.memory).toBeDefined();
    },
  );

  test('outlives its shutdown delay and the ten seconds of draining', () => {
    const delay = Number(
      ofKind('ConfigMap').find(({ metadata }) => metadata.name === 'settings')?.['data'].SHUTDOWN_DELAY,
    );
    for (const { spec } of ofKind('Deployment')) {
      expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(delay + 15);
    }
  });

  test('has probes on a port of its own', () => {
    for (const { spec } of ofKind('Deployment')) {
      const [container] = spec.template.spec.containers;
      const ports = container.ports.map(({ name }: Resource) => name);
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
        expect(ports).toContain(container[probe].httpGet.port);
      expect(container.livenessProbe.httpGet.path).toBe('/livez');
      expect(container.readinessProbe.httpGet.path).toBe('/readyz');
    }
  });

  test('keeps one instance when nodes are emptied', () => {
    const budgets = ofKind('PodDisruptionBudget');
    expect(named(budgets)).toEqual(roles.toSorted());
    for (const { metadata, spec } of budgets) expect(selectedBy(spec.selector)).toEqual([metadata.name]);
  });

  test('is scaled by one thing', () => {
    const scaled = ['HorizontalPodAutoscaler', 'ScaledObject']
      .flatMap(ofKind)
      .map(({ spec }) => spec.scaleTargetRef.name);
    expect(scaled.toSorted()).toEqual(roles.toSorted());
    expect(named(ofKind('HorizontalPodAutoscaler'))).toEqual(['bookings-api', 'sessions-api']);
  });
});

describe('what is named is there', () => {
  const triggers = ofKind('ScaledObject').flatMap(({ spec }) => spec.triggers as Resource[]);

  test('queues', () => {
    const queues = triggers.filter(({ type }) => type === 'rabbitmq').map(({ metadata }) => metadata.queueName);
    expect(queues.toSorted()).toEqual([sessionEventsQueue.name, bookingAcceptedQueue.name].toSorted());
  });

  test('metrics', () => {
    const source = readFileSync(join(house, 'deploy/prometheus/alerts.yml'), 'utf8');
    for (const { metadata } of triggers.filter(({ type }) => type === 'prometheus')) {
      const [, metric = ''] = /^max\((\w+)\{/.exec(metadata.query) ?? [];
      expect(source).toContain(metric);
    }
  });

  test('variables of the services', () => {
    const example = readFileSync(join(house, '.env.example'), 'utf8');
    const page = readFileSync(join(house, 'docs/for-operators.md'), 'utf8');
    const found = [...example.matchAll(/^(?:# )?([A-Z_]+)=/gm), ...page.matchAll(/`([A-Z_]+)`/g)];
    const known = new Set(found.map(([, name]) => name).concat('ADMIN_DATABASE_URL'));
    const given = templates.flatMap(({ spec }) =>
      spec.containers.flatMap(({ env = [] }: Resource) => env.map(({ name }: Resource) => name)),
    );
    const configured = ofKind('ConfigMap').flatMap(({ data }) => Object.keys(data));
    const unknown = [...given, ...configured].filter((name: string) => !known.has(name.replace(/_FILE$/, '')));
    expect(unknown).toEqual([]);
  });

  test('settings, secrets and their keys', () => {
    const keysOf = new Map(secrets.map(({ metadata, stringData }) => [metadata.name, Object.keys(stringData)]));
    for (const { spec } of templates) {
      const [container] = spec.containers;
      for (const { configMapRef } of container.envFrom ?? [])
        expect(named(ofKind('ConfigMap'))).toContain(configMapRef.name);
      const files = container.env.filter(({ name }: Resource) => name.endsWith('_FILE'));
      const mounted = spec.volumes
        .filter(({ secret }: Resource) => secret)
        .flatMap(({ name, secret }: Resource) => {
          const { mountPath } = container.volumeMounts.find((mount: Resource) => mount['name'] === name);
          return (keysOf.get(secret.secretName) ?? ['?']).map((key) => `${mountPath}/${key}`);
        });
      expect(mounted.toSorted()).toEqual(files.map(({ value }: Resource) => value).toSorted());
      for (const { name } of container.volumeMounts)
        expect(spec.volumes.map((volume: Resource) => volume['name'])).toContain(name);
    }
    const elsewhere = [
      ...ofKind('User').map(({ spec }) => spec.importCredentialsSecret.name),
      ...ofKind('Cluster').flatMap(({ spec }) => [
        spec.bootstrap.initdb.secret.name,
        ...spec.managed.roles.map(({ passwordSecret }: Resource) => passwordSecret.name),
      ]),
      ...ofKind('TriggerAuthentication').map(({ spec }) => spec.secretTargetRef[0].name),
      ...ofKind('RabbitmqCluster').map(({ spec }) => spec.tls.secretName),
    ];
    for (const name of elsewhere) expect([...keysOf.keys()]).toContain(name);
  });

  test('network policies allow each API, each database for its own service, and the broker for workers', () => {
    const policies = ofKind('NetworkPolicy').filter(({ spec }) => !spec.podSelector.matchLabels['cnpg.io/cluster']);
    const databases = named(ofKind('Cluster'));
    for (const { metadata, spec } of policies.filter(({ metadata }) => metadata.name !== 'rabbitmq'))
      expect([metadata.name, selectedBy(spec.podSelector).length > 0]).toEqual([metadata.name, true]);
    const clusters = ofKind('NetworkPolicy').flatMap(({ spec }) =>
      [
        spec.podSelector,
        ...(spec.egress ?? []).flatMap(({ to = [] }: Resource) => to.map(({ podSelector }: Resource) => podSelector)),
      ]
        .map((selector: Resource | undefined) => selector?.['matchLabels']?.['cnpg.io/cluster'])
        .filter(Boolean),
    );
    expect([...new Set(clusters)].toSorted()).toEqual(databases);
    const toBroker = policies.find(({ metadata }) => metadata.name === 'workers-to-broker') as Resource;
    expect(selectedBy(toBroker['spec'].podSelector).toSorted()).toEqual(
      roles.filter((role) => !role.endsWith('-api')).toSorted(),
    );
    const into = ofKind('NetworkPolicy').filter(({ spec }) => spec.podSelector.matchLabels['cnpg.io/cluster']);
    for (const { metadata, spec } of into) {
      const [service] = metadata.name.split('-');
      const letIn = spec.ingress[0].from.flatMap(({ podSelector }: Resource) => selectedBy(podSelector));
      const own = templates.map(({ name }) => name as string).filter((name) => name.startsWith(`${service}-`));
      expect(letIn.toSorted()).toEqual([...own, 'console'].toSorted());
    }
    for (const service of ['bookings', 'sessions']) {
      const { spec } = policies.find(({ metadata }) => metadata.name === `${service}-api`) as Resource;
      const deployment = ofKind('Deployment').find(({ metadata }) => metadata.name === `${service}-api`) as Resource;
      const http = deployment['spec'].template.spec.containers[0].ports.find(({ name }: Resource) => name === 'http');
      expect(spec.ingress[0].ports).toEqual([{ port: http.containerPort }]);
    }
  });

  test('services reach an api at a port that it has', () => {
    for (const { metadata, spec } of ofKind('Service')) {
      expect(selectedBy({ matchLabels: spec.selector })).toEqual([metadata.name]);
      const { containers } = templates.find(({ name }) => name === metadata.name)?.['spec'] ?? {};
      expect(containers[0].ports.map(({ name }: Resource) => name)).toContain(spec.ports[0].targetPort);
    }
  });
});

test('broker permissions are those documented for operators', () => {
  const told = readFileSync(join(house, 'docs/for-operators.md'), 'utf8').replaceAll('sessions', 'bookings');
  for (const service of ['bookings', 'sessions']) {
    const of = (kind: string) => ofKind(kind).find(({ metadata }) => metadata.name === service)?.['spec'].permissions;
    const { configure, write, read } = of('Permission');
    expect([configure, write, read]).toEqual(Array(3).fill(`^(mentoring\\.events|${service}\\..*)$`));
    expect(told).toContain(`'${configure.replaceAll('sessions', 'bookings')}'`);
    expect(of('TopicPermission')).toEqual({
      exchange: 'mentoring.events',
      write: `^${service.slice(0, -1)}\\..*`,
      read: '.*',
    });
  }
});

const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

describe.each(['bookings', 'sessions'])('the database of %s', (service) => {
  const { spec } = ofKind('Cluster').find(({ metadata }) => metadata.name === `${service}-database`) as Resource;
  const others = [`${service}_operator`, `${service}_retention`, 'reports'];
  const names = { database: service, owner: `${service}_owner`, app: `${service}_app`, others };
  const wanted = [...restrictions(names), ...reportsSettings];

  test('has the restrictions of the tests and of deploy/postgresql', () => {
    const here = (spec.bootstrap.initdb.postInitApplicationSQL as string[]).map(flat);
    const told = flat(readFileSync(join(house, 'deploy/postgresql/bookings.sql'), 'utf8')).replaceAll(
      'bookings',
      service,
    );
    for (const statement of wanted.map(flat)) {
      expect(here).toContain(statement);
      expect(told).toContain(`${statement};`);
    }
    for (const role of spec.managed.roles as Resource[]) {
      const limit = connectionLimits[role['name'].split('_').at(-1)];
      expect([role['name'], role['connectionLimit']]).toEqual([role['name'], limit]);
      if (limit) expect(told).toContain(`connection limit ${limit};`);
    }
  });

  test('shows no row in its log, and lets no one in without TLS', () => {
    expect(spec.postgresql.parameters).toMatchObject({
      log_parameter_max_length: '0',
      log_parameter_max_length_on_error: '0',
      log_error_verbosity: 'terse',
    });
    expect(spec.postgresql.pg_hba).toEqual(['hostssl all all all scram-sha-256', 'hostnossl all all all reject']);
  });
});

describe.each(catalogue.map((event) => [event.dataschema, event] as const))('%s', (_, event) => {
  const { type, version, source, isInternal = false } = event;
  test('is published by its service only, and bound by other services unless it carries notes', () => {
    const publishers = ofKind('TopicPermission').filter(({ spec }) => new RegExp(spec.permissions.write).test(type));
    expect(named(publishers)).toEqual([source.slice(1)]);
    const fixture = readFileSync(join(house, `libs/contracts/fixtures/${type}.v${version}.json`), 'utf8');
    expect(fixture.includes('"notes"')).toBe(isInternal);
    expect(new RegExp(bindable).test(type)).toBe(!isInternal);
  });

  test('has a row in the page for consumers', () => {
    const page = readFileSync(join(house, 'docs/for-event-consumers.md'), 'utf8');
    expect(page).toMatch(new RegExp(`^\\| \`${type.replace('.', '\\.')}\`.*\\| ${source.slice(1, -1)} \\|`, 'm'));
  });
});

test('a subscriber has the rights that the page for consumers gives, and that the attacks try to get around', () => {
  const page = readFileSync(join(house, 'docs/for-event-consumers.md'), 'utf8');
  const example = readYaml(join(house, 'deploy/kubernetes/subscriber.example.yaml'));
  const of = (kind: string) => example.find((resource) => resource['kind'] === kind)?.['spec'].permissions;
  const { configure, write, read } = of('Permission');
  expect(page).toContain(`set_permissions notifications '${configure}' '${write}' '${read}'`);
  expect(of('TopicPermission')).toEqual({ exchange: 'mentoring.events', write: '^$', read: bindable });
  expect(page).toContain(`set_topic_permissions notifications mentoring.events '^$' '${bindable}'`);
});
