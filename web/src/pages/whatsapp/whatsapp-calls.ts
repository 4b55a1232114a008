// What pages ask of the API about WhatsApp: numbers and templates as the provider sees them.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api, type Schemas } from "../../api/client";
import type { TemplateComponent } from "./template-parts";

export type Numbers = Schemas["WhatsAppNumbers"];
export type ListedTemplate = Omit<Schemas["WhatsAppTemplate"], "components"> & { components: TemplateComponent[] };

/** What makes it one template for the provider. */
export const keyOf = (template: { name: string; language: string }): string => `${template.name}/${template.language}`;

export function useNumbers(everyMs: number | false = 30_000) {
  return useQuery({ queryKey: ["whatsapp", "numbers"], queryFn: () => answer(api.GET("/api/v1/whatsapp/numbers")), refetchInterval: everyMs });
}

export function useProviderTemplates(everyMs: number | false = 30_000) {
  return useQuery({
    queryKey: ["whatsapp", "templates"],
    queryFn: async () => (await answer(api.GET("/api/v1/whatsapp/templates"))).items as ListedTemplate[],
    refetchInterval: everyMs,
  });
}

/** Ask the provider now; numbers and templates are read again afterwards. */
export function useAskProvider() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => (await answer(api.POST("/api/v1/whatsapp/check"))).items,
    onSuccess: () => Promise.all([queries.invalidateQueries({ queryKey: ["whatsapp"] }), queries.invalidateQueries({ queryKey: ["accounts"] })]),
  });
}
