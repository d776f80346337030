ARG SWIFT_VERSION=6.3
# What the image is made of: debian:bookworm-slim or debian:trixie-slim. It brings the libmicrohttpd that serves.
ARG BASE=debian:bookworm-slim

FROM swift:${SWIFT_VERSION}-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgnutls28-dev libmicrohttpd-dev zlib1g-dev \
    && rm -rf /var/cache/apt/* /var/lib/apt/lists/*
WORKDIR /latchkey
# The packages that we depend on are fetched anew only when the manifest changes, not with every change of a source.
COPY Package.* ./
RUN swift package resolve
COPY openapi.yaml ./
COPY Sources Sources
COPY Tests Tests
COPY Scripts/make-sbom Scripts/make-sbom
# The repository is not at hand here, so that the commit is told.
ARG REVISION
RUN LATCHKEY_COMMIT=$(printf '%.12s' "$REVISION") \
    swift build -c release --static-swift-stdlib --product latchkey \
    && strip --output-file=/usr/local/bin/latchkey .build/release/latchkey

FROM ${BASE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgnutls30 libmicrohttpd12 zlib1g \
    && rm -rf /var/cache/apt/* /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/latchkey /usr/local/bin/latchkey
ARG VERSION=0.1.0
# What is in here: CycloneDX, for scanners and auditors.
RUN --mount=type=bind,from=build,source=/latchkey,target=/source \
    sh /source/Scripts/make-sbom /source/Package.resolved "$VERSION" >/usr/share/sbom.cdx.json
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENV LATCHKEY_HOST=0.0.0.0
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/usr/local/bin/latchkey", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/latchkey"]

ARG REVISION
ARG SOURCE
LABEL org.opencontainers.image.title="Latchkey" \
      org.opencontainers.image.description="A key-value store over plain HTTP that shows its lock waits." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
