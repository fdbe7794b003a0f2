import type { ProbeConfig } from '../model/messages.ts';
import { type AddressType, type Family, TYPE_OF } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';

/** The types that are asked for a Service, and the families that count for it. */
export function askedOf(
  { settings }: Pick<ServiceSpec, 'settings'>,
  config: Pick<ProbeConfig, 'recordTypes' | 'families'>,
): { readonly recordTypes: readonly AddressType[]; readonly families: readonly Family[] } {
  const recordTypes = settings.recordTypes ?? config.recordTypes;
  return { recordTypes, families: usableFamilies(config.families, recordTypes) };
}

/** Families that pods can use and that are asked for; if there is none, those that are asked for. */
export function usableFamilies(
  families: readonly Family[],
  recordTypes: readonly AddressType[],
): readonly Family[] {
  const asked = (['ipv4', 'ipv6'] as const).filter((family) =>
    recordTypes.includes(TYPE_OF[family]),
  );
  const usable = asked.filter((family) => families.includes(family));
  return usable.length > 0 ? usable : asked;
}
