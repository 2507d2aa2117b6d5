# One image for every role of both services: docker build -t mentor-sessions . ; the command says which.
#   docker run mentor-sessions services/sessions/src/main.ts consumer
# Any image with Node 24 as `node` will do as NODE_IMAGE; the last stages run nothing in it, so that it needs no shell.
ARG NODE_IMAGE=node:24-slim

# What is installed depends on the manifests alone: a layer of their own, kept while only sources change.
FROM ${NODE_IMAGE} AS manifests
COPY . /source
RUN cd /source && find . -name package.json -o -name package-lock.json -o -name .npmrc | tar -c -T - -f - | tar -x -C /srv -f -

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY --from=manifests /srv ./
RUN --mount=type=cache,target=/npm-cache \
    workspaces=$(ls -d services/* ops 2>/dev/null | sed 's/^/--workspace=/') \
    && npm ci --cache /npm-cache --omit=dev --ignore-scripts --no-update-notifier $workspaces

FROM dependencies AS files
COPY . ./
# User 1000 could not read what was checked out with umask 077.
RUN rm -rf libs/local-stack libs/api-client deploy/compose package-lock.json .npmrc && mkdir /secrets && chmod -R a+rX .

# For compose on one machine: databases, broker users and development tokens. Never a part of production.
FROM dependencies AS development-files
COPY libs/local-stack libs/local-stack
COPY deploy/compose deploy/compose
RUN chmod -R a+rX libs deploy \
    && mkdir -p /secrets/bookings /secrets/sessions /secrets/owner /secrets/operator /secrets/retention /secrets/identity \
    && ln -sfn ../../libs/local-stack node_modules/@mentor-sessions/local-stack

FROM ${NODE_IMAGE} AS service
ENV NODE_ENV=production ADMIN_PORT=9000
WORKDIR /app
COPY --from=files --chown=1000:1000 /secrets /secrets
COPY --from=files /app ./
USER 1000:1000
EXPOSE 3001 3002 9000
# Seldom, and with patience: each starts a Node, and on a machine that is full they must not pile up.
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=3 CMD ["node", "deploy/healthcheck.mjs"]
# The heaps that Node chooses in 256 MiB cost a consumer a fifth and a relay a tenth more processor time (docs/adr/0058).
ENTRYPOINT ["node", "--max-semi-space-size=16", "--heap-growing-percent=100"]

FROM service AS development
COPY --from=development-files --chown=1000:1000 /secrets /secrets
COPY --from=development-files /app/node_modules/@mentor-sessions node_modules/@mentor-sessions
COPY --from=development-files /app/libs/local-stack libs/local-stack
COPY --from=development-files /app/deploy/compose deploy/compose

# What `docker build` makes without --target.
FROM service
