/** Commands that a person may run by hand. */
import type { Server } from '../../model/messages.ts';
import { aliasOf, isInZone, type ServiceSpec } from '../../model/service.ts';
import { object, optional, text, type Value } from '../schema.ts';
import { HOP } from '../word-schemas.ts';

export const SHELL_COMMAND = object({
  shows: text('The purpose of the command.'),
  // The hop of a round that sends the same query, if there is one.
  hop: optional(HOP),
  // Text from tenants is quoted.
  command: text('For a shell.'),
});
export type ShellCommand = Value<typeof SHELL_COMMAND>;

export interface Asking {
  readonly clusterDomain: string;
  /** The servers of `--cluster-dns`. */
  readonly servers: readonly Server[];
  readonly references: readonly Server[];
}

/** An image with `dig`, for pods that have none. The runbooks use the same. */
const IMAGE = 'registry.k8s.io/e2e-test-images/agnhost:2.53';

type Asked = Pick<ServiceSpec, 'namespace' | 'name' | 'target'>;

/** `kubectl` for a workstation, then `dig` for a shell in a pod. */
export function commandsFor(spec: Asked, asking: Asking): readonly ShellCommand[] {
  return [...kubectlCommands(spec, asking), ...digCommands(spec, asking)];
}

/** In the namespace of the Service, and by the resolv.conf of a pod there. */
function kubectlCommands(spec: Asked, { clusterDomain }: Asking): readonly ShellCommand[] {
  const kubectl = `kubectl -n ${quoted(spec.namespace)}`;
  const lookUp = dig('', 'A', aliasOf(spec, clusterDomain), '+noedns');
  return [
    {
      shows: 'the Service as it is stored, and who wrote which field',
      command: `${kubectl} get service ${quoted(spec.name)} -o yaml --show-managed-fields`,
    },
    {
      shows: 'the answer that a new pod gets',
      command: `${kubectl} run dns-look --rm -i --restart=Never --image=${IMAGE} --command -- ${lookUp}`,
    },
    {
      shows: 'the answer that one of your pods gets: set POD to its name first',
      command: `${kubectl} debug -i "$POD" --image=${IMAGE} -- ${lookUp}`,
    },
  ];
}

/**
 * `dig` for each hop as in a round, then commands for more details: TCP, references, the path from
 * the root.
 */
function digCommands(
  spec: Asked,
  { clusterDomain, servers, references }: Asking,
): readonly ShellCommand[] {
  const { target } = spec;
  const alias = aliasOf(spec, clusterDomain);
  const [server] = servers;
  // An address, or a text that no DNS message can contain, is not a name to query.
  const isName = !/[:]|^[\d.]+$/.test(target) && target !== '';
  const isOutside = isName && !isInZone(target, clusterDomain);
  const at = at_(server);
  return [
    { shows: 'the answer that a pod gets', hop: 'app', command: dig(at, 'A', alias, '+noedns') },
    { shows: 'the CNAME that cluster DNS serves', hop: 'alias', command: dig(at, 'CNAME', alias) },
    ...(isName
      ? [
          {
            shows: 'the answer of cluster DNS for the target',
            hop: 'target',
            command: dig(at, 'A', target),
          } as const,
          { shows: 'the same over TCP', command: dig(at, 'A', target, '+tcp') },
        ]
      : []),
    ...(isOutside
      ? [
          ...references.slice(0, 2).map((reference) => ({
            shows: 'the answer of a reference resolver for the target',
            command: dig(at_(reference), 'A', target, reference.tls ? '+tls' : ''),
          })),
          {
            shows: 'the name servers of the target, from the root servers on',
            command: dig('', 'A', target, '+trace'),
          },
        ]
      : []),
  ];
}

/** ` @10.96.0.10`, with its port unless that is the default. */
function at_(server: Server | undefined): string {
  if (!server) return '';
  const usual = server.tls ? 853 : 53;
  return ` @${server.address}${server.port === usual ? '' : ` -p ${server.port}`}`;
}

/** `-q` so that a name is not parsed as an option; the trailing dot disables search domains. */
function dig(at: string, type: string, name: string, option = ''): string {
  return `dig${at}${option ? ` ${option}` : ''} -t ${type} -q ${quoted(`${name}.`)}`;
}

function quoted(word: string): string {
  return /^[\w.-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
