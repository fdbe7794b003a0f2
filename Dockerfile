# The bundle is plain JavaScript, the same for every architecture: built once, on the builder's own.
FROM --platform=$BUILDPLATFORM node:26-bookworm-slim AS build
WORKDIR /build
# Before the sources, so that an edit of those does not install everything again.
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/npm-cache npm install --cache=/npm-cache
COPY LICENSE tsconfig.json build.ts build-licenses.ts ./
COPY src src
RUN npm run build

# The official slim image, rather than a distroless one: Node's own project rebuilds it on every
# release and security fix of Node 26, for amd64 and arm64, with the libatomic that Node 26 links to.
# It carries a shell all the same, but nothing here uses it, and the pod has no right to do harm with it.
FROM node:26-bookworm-slim
# No package manager in production: less to attack, and npm's own dependencies are what image
# scanners report most about Node images.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /opt/yarn-*

ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="externalname-monitor" \
      org.opencontainers.image.description="In-cluster DNS health monitor for Kubernetes ExternalName Services" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/externalname-monitor/externalname-monitor" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

# Owned by root and read-only to the program, which writes no file anywhere.
COPY --from=build /build/dist /app

# Fastify, and whatever else asks, leaves its development helpers off.
ENV NODE_ENV=production

# A number, because `runAsNonRoot` cannot check a name.
USER 65532:65532

# /metrics, /livez and /readyz. Health is for the kubelet to ask: no HEALTHCHECK, which would need a shell
# and a client in the image, and which Kubernetes ignores.
EXPOSE 9953

# Exec form: Node is process 1 and gets SIGTERM itself. A heap that may grow by no more than 60 % between two major
# collections costs a few percent of CPU and saves a fifth of resident memory with 10,000 Services, most of which live long.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--heap-growing-percent=60", "/app/main.js"]
