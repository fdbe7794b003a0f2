/** The kubeconfig file of the embedded API server. */

/**
 * `url` may be plain http: client-node then needs `insecure-skip-tls-verify`. `certificate` is the
 * PEM that is trusted for https.
 */
export function kubeconfig(url: string, certificate?: string, token?: string): string {
  const trust =
    certificate === undefined
      ? 'insecure-skip-tls-verify: true'
      : `certificate-authority-data: ${Buffer.from(certificate).toString('base64')}`;
  const user = token === undefined ? '{}' : `{ token: ${JSON.stringify(token)} }`;
  return `apiVersion: v1
kind: Config
clusters:
  - name: embedded
    cluster:
      server: ${url}
      ${trust}
users:
  - name: embedded
    user: ${user}
contexts:
  - name: embedded
    context: { cluster: embedded, user: embedded }
current-context: embedded
`;
}
