// Whether a rule would count an answer, before it is stored: the server itself says so.
import { Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../../api/client";
import { ProblemError, sentenceOf } from "../../api/problem";
import { upperFirst } from "../../shared/problem-notice";
import { hasPattern, type RuleValues } from "./rules";

const SETTLED_MS = 300;

export function TryOut({ pattern }: { pattern: RuleValues }) {
  const [reply, setReply] = useState("");
  const { code, enhanced, text } = pattern;
  const [asked] = useDebouncedValue(JSON.stringify({ code, enhanced, text, answer: reply.trim() }), SETTLED_MS);
  const tried = useQuery({
    queryKey: ["reply-rules-try", asked],
    queryFn: () => answer(api.POST("/api/v1/reply-rules/try", { body: JSON.parse(asked) })),
    enabled: hasPattern(pattern) && reply.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
  });
  return (
    <div>
      <TextInput label="Try it with an answer" placeholder="421 4.7.28 Too many messages" description="One that you know from the failures of a campaign, for example." value={reply} maxLength={2000} onChange={(event) => setReply(event.currentTarget.value)} />
      <Text size="sm" mt={4} role="status">{reply.trim() && (hasPattern(pattern) ? verdict(tried.data?.matches, tried.error) : "Say above which answers the rule is about.")}</Text>
    </div>
  );
}

function verdict(matches: boolean | undefined, error: unknown): string {
  if (error) return `${upperFirst(error instanceof ProblemError && error.errors[0] ? error.errors[0].message : sentenceOf(error))}.`;
  if (matches === undefined) return "";
  return matches ? "✓ This answer counts." : "This answer does not count.";
}
