# The bundle is plain JavaScript, the same for every architecture: built once, on the builder's own.
FROM --platform=$BUILDPLATFORM node:26-bookworm-slim AS build
WORKDIR /build
# Before the sources, so that an edit of those does not install everything again.
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/npm-cache npm install --cache=/npm-cache
COPY LICENSE tsconfig.json build.ts build-licenses.ts build-sbom.ts ./
COPY src src
RUN npm run build

# Node as its own project publishes it. The platform is said, though it is the default: buildah 1.28 goes on
# with that of the stage above, and gives an image of the wrong architecture.
FROM --platform=$TARGETPLATFORM node:26-bookworm-slim AS node

# What the official Node image itself is made from, so that Node runs on what it was released with; both are renewed on
# every security fix. Without npm: less to attack, and its dependencies are what scanners report most about Node
# images. Debian brings a shell, which nothing here uses. No RUN from here on: an image for another architecture is
# built without emulation.
FROM --platform=$TARGETPLATFORM debian:bookworm-slim
COPY --from=node /usr/local/bin/node /usr/local/bin/
# The one library of Node 26 that is not in Debian's slim image; its folder is named after the architecture.
COPY --from=node /usr/lib/*/libatomic.so.1* /usr/lib/

# Owned by root and read-only to the program, which writes no file anywhere.
COPY --from=build /build/dist /app

# Fastify, and whatever else asks, leaves its development helpers off.
ENV NODE_ENV=production

# One heap of the C library for all threads: those that each would have of its own cost 8 MiB, and save no time that
# could be measured.
ENV MALLOC_ARENA_MAX=1

# A number, because `runAsNonRoot` cannot check a name.
USER 65532:65532

# /metrics, /livez and /readyz. Health is for the kubelet to ask: no HEALTHCHECK, which would need a shell
# and a client in the image, and which Kubernetes ignores.
EXPOSE 9953

# Exec form: Node is process 1 and gets SIGTERM itself. A small young generation, a heap that may grow by no more than 30 %
# between two major collections, and no baseline compiler: together a fifth less resident memory with 10,000 Services, most
# of which live long, and no more CPU time that could be seen on a busy machine (docs/performance.md).
ENTRYPOINT ["node", "--max-semi-space-size=1", "--heap-growing-percent=30", "--no-sparkplug", "/app/main.js"]

# Last: a release changes no layer above. `npm run release` says all three.
ARG VERSION=unreleased
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="externalname-monitor" \
      org.opencontainers.image.description="In-cluster DNS health monitor for Kubernetes ExternalName Services" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/externalname-monitor/externalname-monitor" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"
