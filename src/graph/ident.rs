//! Resolution of identifiers, and suggestions for mistyped ones.

use std::collections::HashSet;

use super::{Graph, Lineage, Place, Rev, unique};
use crate::error::Error;

/// An argument that names revisions: nothing, one identifier, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The point before any revision.
    Nothing,
    /// An identifier of any form.
    Name(String),
    /// Several identifiers.
    Many(Vec<Target>),
}

impl From<&str> for Target {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

/// A parsed identifier; `head`, `heads` and `base` are replaced by the identifiers of their revisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Identifiers, possibly partial ones.
    pub ids: Vec<String>,
    /// The part before the `@`; `None` if it is missing or empty.
    pub label: Option<String>,
}

impl Graph {
    /// Parse an identifier. The names in a collection are returned as they are.
    ///
    /// # Errors
    /// [`Error::MultipleHeads`] for `head` if there are several heads; errors of [`Graph::filter_for_lineage`].
    pub fn parse(&self, target: &Target) -> Result<Parsed, Error> {
        let name = match target {
            Target::Nothing => return Ok(Parsed::default()),
            Target::Many(items) => {
                let ids = items.iter().filter_map(|item| match item {
                    Target::Name(name) => Some(name.clone()),
                    _ => None,
                });
                return Ok(Parsed {
                    ids: ids.collect(),
                    label: None,
                });
            }
            Target::Name(name) => name,
        };
        let (label, name) = match name.split_once('@') {
            Some(("", rest)) => (None, rest),
            Some((label, rest)) => (Some(label.to_owned()), rest),
            None => (None, name.as_str()),
        };
        let revs = match name {
            "heads" => match &label {
                Some(label) => self.filter_for_lineage(&self.heads, Some(label), Lineage::Line)?,
                None => self.real_heads.clone(),
            },
            "head" => self.current_head(label.as_deref())?.into_iter().collect(),
            "base" => Vec::new(),
            other => {
                return Ok(Parsed {
                    ids: vec![other.to_owned()],
                    label,
                });
            }
        };
        Ok(Parsed {
            ids: revs.into_iter().map(|rev| self.id(rev).to_owned()).collect(),
            label,
        })
    }

    /// The only head, or the only head of a branch if a label is given; `None` if there is no head.
    ///
    /// # Errors
    /// [`Error::MultipleHeads`] for several heads; errors of [`Graph::filter_for_lineage`].
    pub fn current_head(&self, label: Option<&str>) -> Result<Option<Rev>, Error> {
        let heads = match label {
            Some(label) => self.filter_for_lineage(&self.heads, Some(label), Lineage::Line)?,
            None => self.heads.clone(),
        };
        if heads.len() > 1 {
            return Err(Error::MultipleHeads {
                heads: heads.iter().map(|&rev| self.id(rev).to_owned()).collect(),
                argument: label.map_or_else(|| "head".to_owned(), |label| format!("{label}@head")),
            });
        }
        Ok(heads.first().copied())
    }

    /// Resolve an identifier to one revision; `None` for the base.
    ///
    /// # Errors
    /// [`Error::MultipleHeads`] for several revisions; errors of [`Graph::parse`] and [`Graph::lookup`].
    pub fn single(&self, target: &Target) -> Result<Option<Rev>, Error> {
        let parsed = self.parse(target)?;
        if parsed.ids.len() > 1 {
            let argument = match target {
                Target::Name(name) => name.clone(),
                _ => format!(
                    "({})",
                    parsed
                        .ids
                        .iter()
                        .map(|id| format!("'{id}'"))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            };
            return Err(Error::MultipleHeads {
                heads: parsed.ids,
                argument,
            });
        }
        self.lookup(parsed.ids.first().map(String::as_str), parsed.label.as_deref())
    }

    /// Resolve identifiers to revisions. The base adds none. `-N` counts from each real head, `label@-N` from those
    /// with the label.
    ///
    /// # Errors
    /// Errors of [`Graph::parse`], [`Graph::lookup`] and [`Graph::walk`].
    pub fn several(&self, target: &Target) -> Result<Vec<Place>, Error> {
        let mut found = Vec::new();
        let mut pending = vec![target];
        while let Some(target) = pending.pop() {
            if let Target::Many(items) = target {
                pending.extend(items.iter().rev());
                continue;
            }
            let parsed = self.parse(target)?;
            if let [only] = parsed.ids.as_slice()
                && let Some(steps) = negative(only)
            {
                if let Target::Name(name) = target
                    && name.starts_with('@')
                {
                    return Err(Error::Resolution {
                        message: format!("No such branch: '' (in '{name}')"),
                        argument: name.clone(),
                        nearest: None,
                    });
                }
                for &head in &self.real_heads {
                    if parsed
                        .label
                        .as_ref()
                        .is_none_or(|label| self.labels_of(head).contains(label))
                    {
                        found.push(self.walk(Place::At(head), steps, None, true)?);
                    }
                }
                continue;
            }
            for id in &parsed.ids {
                found.push(
                    self.lookup(Some(id), parsed.label.as_deref())?
                        .map_or(Place::Nothing, Place::At),
                );
            }
        }
        Ok(found)
    }

    /// Resolve a branch label, or an identifier that is used as one.
    ///
    /// # Errors
    /// [`Error::Resolution`] if it does not exist.
    pub fn branch(&self, label: &str) -> Result<Rev, Error> {
        if let Some(rev) = self.named(label) {
            return Ok(rev);
        }
        self.lookup(Some(label), None)
            .ok()
            .flatten()
            .ok_or_else(|| Error::Resolution {
                message: format!("No such branch: '{label}'"),
                argument: label.to_owned(),
                nearest: self.nearest(label),
            })
    }

    /// The revision with this label or full or partial identifier; `None` if `id` is `None`.
    ///
    /// # Errors
    /// [`Error::Resolution`] if no revision matches, several match, the branch does not exist, or the revision is not
    /// on it.
    pub fn lookup(&self, id: Option<&str>, on_branch: Option<&str>) -> Result<Option<Rev>, Error> {
        let branch = match on_branch.filter(|label| !label.is_empty()) {
            Some(label) => Some((label, self.branch(label)?)),
            None => None,
        };
        let Some(id) = id else { return Ok(None) };
        let rev = match self.named(id) {
            Some(rev) => rev,
            None => self.partial(id, branch.map(|(label, _)| label))?,
        };
        if let Some((label, labelled)) = branch
            && !self.related(&[labelled], Lineage::Line).contains(rev)
        {
            return Err(Error::Resolution {
                message: format!("Revision {} is not a member of branch '{label}'", self.id(rev)),
                argument: id.to_owned(),
                nearest: None,
            });
        }
        Ok(Some(rev))
    }

    /// The only revision, on the branch if one is given, with an identifier or label that starts with `id` and has at
    /// least four characters.
    fn partial(&self, id: &str, branch: Option<&str>) -> Result<Rev, Error> {
        let ids = self.entries.iter().map(|entry| entry.id.as_str()).zip(0..);
        let labels = self.labels.iter().map(|(label, rev)| (label.as_str(), *rev));
        let long_enough = |name: &str| name.chars().nth(3).is_some();
        let mut matches: Vec<(&str, Rev)> = ids
            .chain(labels)
            .filter(|(name, _)| !id.is_empty() && name.starts_with(id) && long_enough(name))
            .collect();
        if let Some(label) = branch {
            let revs: Vec<Rev> = matches.iter().map(|&(_, rev)| rev).collect();
            let on_branch: HashSet<Rev> = self
                .filter_for_lineage(&revs, Some(label), Lineage::Line)?
                .into_iter()
                .collect();
            matches.retain(|(_, rev)| on_branch.contains(rev));
        }
        match matches.as_slice() {
            [] => {
                let short = id.chars().nth(3).is_none();
                let advice = "; please ensure at least four characters are present for partial revision \
                              identifier matches";
                Err(Error::Resolution {
                    message: format!("No such revision or branch '{id}'{}", if short { advice } else { "" }),
                    argument: id.to_owned(),
                    nearest: self.nearest(id),
                })
            }
            [(_, only)] => Ok(*only),
            several => {
                let examples: Vec<String> = several.iter().take(3).map(|(name, _)| format!("'{name}'")).collect();
                Err(Error::Resolution {
                    message: format!("Multiple revisions start with '{id}': {}...", examples.join(", ")),
                    argument: id.to_owned(),
                    nearest: None,
                })
            }
        }
    }

    /// The revisions of `revs` in the lineage of the label or a revision of `against`. Returns all of `revs` if
    /// `against` has neither, as `None` and `base`.
    ///
    /// # Errors
    /// [`Error::Resolution`] if the identifier or its label does not exist.
    pub fn filter_for_lineage(&self, revs: &[Rev], against: Option<&str>, lineage: Lineage) -> Result<Vec<Rev>, Error> {
        let parsed = self.parse(&against.map_or(Target::Nothing, Target::from))?;
        let label = parsed.label.filter(|label| !label.is_empty());
        let names: Vec<String> = label.into_iter().chain(parsed.ids).collect();
        if names.is_empty() || revs.is_empty() {
            return Ok(revs.to_vec());
        }
        let mut against_revs = Vec::new();
        for name in &names {
            against_revs.extend(self.lookup(Some(name), None)?);
        }
        let related = self.related(&unique(against_revs), lineage);
        Ok(revs.iter().copied().filter(|&rev| related.contains(rev)).collect())
    }

    /// The bases in the lineage of an identifier.
    ///
    /// # Errors
    /// As [`Graph::filter_for_lineage`].
    pub fn bases_of(&self, id: &str) -> Result<Vec<Rev>, Error> {
        self.filter_for_lineage(&self.bases, Some(id), Lineage::Line)
    }

    /// The most similar identifier or label, if one is close enough to be a typing error.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<String> {
        let length = name.chars().count();
        // At most a third of the characters, so that unrelated identifiers do not match.
        let mut tolerance = (length / 3).min(4);
        let mut best = None;
        let names = self
            .entries
            .iter()
            .map(|entry| &entry.id)
            .chain(self.labels.iter().map(|(label, _)| label));
        for candidate in names {
            // A partial identifier is compared with a prefix of the same length.
            let mut edits = edit_distance(name, candidate);
            if length >= 4 {
                let prefix: String = candidate.chars().take(length).collect();
                edits = edits.min(edit_distance(name, &prefix));
            }
            if edits <= tolerance && (best.is_none() || edits < tolerance) {
                (tolerance, best) = (edits, Some(candidate.clone()));
            }
        }
        best
    }
}

/// The number of an identifier of the form `-N`; `None` for `-0` and other forms.
fn negative(id: &str) -> Option<i64> {
    let digits = id.strip_prefix('-')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let steps = is_number.then(|| digits.parse::<i64>().unwrap_or(i64::MAX))?;
    (steps > 0).then_some(-steps)
}

/// The Damerau-Levenshtein distance (optimal string alignment): a swap of adjacent characters is one edit.
fn edit_distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut row_before_last: Vec<usize> = Vec::new();
    let mut last_row: Vec<usize> = (0..=right.len()).collect();
    for (row, &a) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &b) in right.iter().enumerate() {
            let mut cost = (last_row[column] + usize::from(a != b))
                .min(last_row[column + 1] + 1)
                .min(current[column] + 1);
            let swapped = row > 0 && column > 0 && a == right[column - 1] && left[row - 1] == b;
            if swapped {
                cost = cost.min(row_before_last[column - 1] + 1);
            }
            current.push(cost);
        }
        row_before_last = std::mem::replace(&mut last_row, current);
    }
    last_row[right.len()]
}
