// Problems of an input put beside the fields they are about.
import { ProblemError } from "../api/problem";
import { upperFirst } from "./problem-notice";

interface HasErrors {
  setErrors(errors: Record<string, string>): void;
  values: Record<string, unknown>;
}

/** Shows the problems that belong to fields of the form there; returns the error when something is left to be shown. */
export function showInForm(form: HasErrors, error: unknown, names: Record<string, string> = {}): unknown {
  if (!(error instanceof ProblemError) || error.errors.length === 0) return error;
  const known: Record<string, string> = {};
  let left = false;
  for (const { field, message } of error.errors) {
    const name = names[field] ?? field;
    if (name in form.values) known[name] = upperFirst(message);
    else left = true;
  }
  form.setErrors(known);
  return left ? error : null;
}
