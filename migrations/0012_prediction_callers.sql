-- Who asked for a prediction: nobody else may read it.
ALTER TABLE what_if_results ADD COLUMN caller_object_id uuid;
