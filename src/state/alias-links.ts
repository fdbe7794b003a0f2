/**
 * Where each ExternalName Service leads that the informer sees, by `namespace/name`: also those of other shards and
 * namespaces, disabled and dropped ones. Chains and loops of aliases pass through all of them; where a chain ends
 * outside of the cluster matters too. One costs about 240 bytes, with what the informer holds of it.
 */
export class AliasLinks {
  readonly #targets = new Map<string, string>();

  get size(): number {
    return this.#targets.size;
  }

  targetOf(key: string): string | undefined {
    return this.#targets.get(key);
  }

  set(key: string, target: string): void {
    this.#targets.set(key, target);
  }

  delete(key: string): void {
    this.#targets.delete(key);
  }
}
