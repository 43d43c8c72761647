//! The revisions between two identifiers.

use std::collections::HashSet;

use super::relative::Relative;
use super::{Edges, Graph, Lineage, Place, Rev, Target, unique};
use crate::error::Error;

/// Options of a range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bound {
    /// Include the lower end.
    pub inclusive: bool,
    /// Include ancestors of the upper end that do not descend from the lower end.
    pub implicit_base: bool,
    /// Report relative steps past the end of the line as an error.
    pub strict: bool,
}

/// The revisions of a range, not sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// The revisions.
    pub revs: Vec<Rev>,
    /// The heads at which sorting starts.
    pub heads: Vec<Place>,
}

/// The target of a downgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downward {
    /// The branch to which the downgrade is limited.
    pub label: Option<String>,
    /// The target.
    pub place: Place,
}

impl Graph {
    /// The revisions that an upgrade from `lower` to `upper` or a downgrade from `upper` to `lower` runs, newest first.
    ///
    /// # Errors
    /// [`Error::RangeNotAncestor`] if the lower end is not an ancestor of the upper end; errors of resolving the ends,
    /// and of [`Graph::order`].
    pub fn iterate(&self, upper: &Target, lower: &Target, bound: Bound, downgrade: bool) -> Result<Vec<Rev>, Error> {
        let ambiguous = &mut false;
        let range = if downgrade {
            self.downward(upper, lower, bound, ambiguous)?
        } else {
            self.upward(upper, lower, bound, ambiguous)?
        };
        self.order(
            &range.revs,
            &range.heads.iter().filter_map(|place| place.rev()).collect::<Vec<_>>(),
        )
    }

    /// The range of an upgrade from `lower` to `upper`. `ambiguous` is set if relative steps were counted from one of
    /// several heads.
    ///
    /// # Errors
    /// As [`Graph::iterate`].
    pub fn upward(&self, upper: &Target, lower: &Target, bound: Bound, ambiguous: &mut bool) -> Result<Range, Error> {
        let mut targets = self.upgrade_target(lower, upper, bound.strict)?;
        if let Target::Name(name) = lower
            && let Some((label, _)) = name.split_once('@')
        {
            targets = self.on_label(targets, label)?;
        }
        let upper_revs: Vec<Rev> = targets.iter().filter_map(|place| place.rev()).collect();
        let required = self.reach_apart(&upper_revs, Edges::Needs)?;
        let places = self.several(lower)?;
        let is_past_base = places.contains(&Place::Nothing) && matches!(lower, Target::Name(_));
        let is_at_base = places.contains(&Place::Base);
        let mut lower_revs: Vec<Rev> = places.into_iter().filter_map(Place::rev).collect();
        if !bound.implicit_base && (is_at_base || lower_revs.iter().any(|&rev| !required.contains(rev))) {
            return Err(Error::RangeNotAncestor);
        }
        if is_past_base {
            // Counted from one of the heads, the steps of `lower` run past the base: count them from `upper`.
            let Downward { place, .. } = self.downgrade_target(upper, lower, bound.strict, ambiguous)?;
            self.reach_apart(&lower_revs, Edges::Needs)?; // rejects overlapping revisions
            lower_revs = place.rev().into_iter().collect();
        }
        let applied = self.reach_apart(&lower_revs, Edges::Needs)?;
        if is_at_base {
            return Err(Error::RangeNotAncestor);
        }
        let mut revs: Vec<Rev> = required
            .list()
            .iter()
            .copied()
            .filter(|&rev| !applied.contains(rev))
            .collect();
        if bound.inclusive {
            revs.extend(unique(lower_revs.iter().copied()));
        }
        if !bound.implicit_base && !lower_revs.is_empty() {
            let descendants = self.reach_apart(&lower_revs, Edges::Next)?;
            revs.retain(|&rev| descendants.contains(rev));
        }
        Ok(Range { revs, heads: targets })
    }

    /// The range of a downgrade from `upper` to `lower`. `ambiguous` is set if relative steps were counted from one of
    /// several heads.
    ///
    /// # Errors
    /// As [`Graph::iterate`].
    pub fn downward(&self, upper: &Target, lower: &Target, bound: Bound, ambiguous: &mut bool) -> Result<Range, Error> {
        let Downward { label, place } = self.downgrade_target(upper, lower, bound.strict, ambiguous)?;
        let mut roots = match place {
            Place::At(rev) if bound.inclusive => vec![rev],
            Place::At(rev) => self.next(rev).to_vec(),
            Place::Nothing | Place::Base => self.bases().to_vec(),
        };
        if let Some(label) = label.filter(|_| roots.len() > 1) {
            let ancestors = self.reach([self.branch(&label)?], Edges::Down);
            roots.retain(|&rev| ancestors.contains(rev));
            if roots.is_empty() {
                return Err(Error::Revision(
                    "Not a valid downgrade target from current heads".to_owned(),
                ));
            }
        }
        let heads = self.several(upper)?;
        let applied = self.reach(heads.iter().filter_map(|place| place.rev()), Edges::Needs);
        let descendants = self.reach(roots.iter().copied(), Edges::AllNext);
        let mut revs: Vec<Rev> = applied
            .list()
            .iter()
            .copied()
            .filter(|&rev| descendants.contains(rev))
            .collect();
        if bound.implicit_base {
            let required = self.reach(roots, Edges::Needs);
            let others = applied
                .list()
                .iter()
                .copied()
                .filter(|&rev| !required.contains(rev) && !descendants.contains(rev));
            revs.extend(others.collect::<Vec<_>>());
        }
        if revs.is_empty() && place.rev().is_some() && !heads.contains(&place) {
            return Err(Error::RangeNotAncestor);
        }
        Ok(Range { revs, heads })
    }

    /// Resolve the target of an upgrade from `current`.
    ///
    /// # Errors
    /// [`Error::Revision`] for relative steps that do not lead to one revision; errors of resolving an identifier.
    pub fn upgrade_target(&self, current: &Target, target: &Target, strict: bool) -> Result<Vec<Place>, Error> {
        let Target::Name(name) = target else {
            return self.several(target);
        };
        let Some(relative) = Relative::read(name) else {
            return self.several(target);
        };
        let (label, steps) = (relative.label, relative.steps);
        if steps <= 0 {
            let Some(symbol) = relative.symbol else {
                // As in Alembic, this message has the parsed number: `-1` for `-01`.
                let text = steps.to_string();
                return Err(Relative {
                    text: &text,
                    ..relative
                }
                .too_far());
            };
            return Ok(vec![self.walk(self.single_on(label, symbol)?, steps, None, strict)?]);
        }
        if let Some(symbol) = relative.symbol {
            let start = self.single(&symbol.into())?;
            let place = self.walk(start.map_or(Place::Nothing, Place::At), steps, label, strict)?;
            if strict && place == Place::Nothing {
                return Err(relative.too_far());
            }
            return Ok(vec![place]);
        }
        let starts = self.upgrade_starts(current, label)?;
        if starts.len() > 1 {
            return Err(Error::Revision(
                "Ambiguous upgrade from multiple current revisions".to_owned(),
            ));
        }
        let start = starts.first().copied().unwrap_or(Place::Nothing);
        match self.walk(start, steps, label, strict)? {
            Place::Nothing => Err(relative.too_far()),
            place => Ok(vec![place]),
        }
    }

    /// Resolve the target of a downgrade from `current`. `ambiguous` is set as by [`Graph::downward`].
    ///
    /// # Errors
    /// As [`Graph::upgrade_target`].
    pub fn downgrade_target(
        &self,
        current: &Target,
        target: &Target,
        strict: bool,
        ambiguous: &mut bool,
    ) -> Result<Downward, Error> {
        let name = match target {
            Target::Nothing => {
                return Ok(Downward {
                    label: None,
                    place: Place::Nothing,
                });
            }
            Target::Many(_) => return Err(Error::Revision("Expected downgrade target in string form".to_owned())),
            Target::Name(name) => name,
        };
        let Some(relative) = Relative::read(name) else {
            let (label, symbol) = name.rsplit_once('@').unwrap_or(("", name));
            let place = self.single(&symbol.into())?.map_or(Place::Nothing, Place::At);
            let label = (!label.is_empty()).then(|| label.to_owned());
            return Ok(Downward { label, place });
        };
        let walked_too_far = || Error::Revision("Walked too far".to_owned());
        let label = relative.label.map(str::to_owned);
        let (label, start) = match relative.symbol {
            None if relative.steps >= 0 => return Err(relative.too_far()),
            Some(symbol) if relative.steps >= 0 => {
                let start = self.single(&symbol.into())?.map_or(Place::Nothing, Place::At);
                return match self.walk(start, relative.steps, relative.label, strict)? {
                    Place::Nothing => Err(walked_too_far()),
                    place => Ok(Downward { label, place }),
                };
            }
            Some(symbol) => (label, self.single_on(relative.label, symbol)?),
            None => self.downgrade_start(current, &relative, ambiguous)?,
        };
        match self.walk(start, relative.steps, None, strict)? {
            Place::Nothing if relative.symbol.is_none() => Err(relative.too_far()),
            Place::Nothing => Err(walked_too_far()),
            place => Ok(Downward { label, place }),
        }
    }

    /// The branch to which `-N` limits a downgrade, and the revision from which it counts.
    fn downgrade_start(
        &self,
        current: &Target,
        relative: &Relative<'_>,
        ambiguous: &mut bool,
    ) -> Result<(Option<String>, Place), Error> {
        let Some(label) = relative.label else {
            let mut names = target_names(current);
            let first = names.first().cloned().ok_or_else(|| relative.too_far())?;
            names.sort_unstable();
            names.dedup();
            *ambiguous = names.len() > 1;
            let start = self.single_on(Some(&first), &first)?;
            return Ok((Some(first), start));
        };
        let names = target_names(current);
        let mut current = Vec::new();
        for name in &names {
            current.extend(self.lookup(Some(name), None)?);
        }
        let mut candidates = self.filter_for_lineage(&current, Some(label), Lineage::Line)?;
        if candidates.is_empty() {
            // The branch may be applied only as a dependency of the current revisions.
            candidates = self.filter_for_lineage(&self.all_current(&current), Some(label), Lineage::Line)?;
        }
        match unique(candidates).as_slice() {
            [only] => {
                let start = self.single_on(Some(label), self.id(*only))?;
                Ok((Some(label.to_owned()), start))
            }
            [] => Err(relative.too_far()),
            several => {
                let ids: Vec<&str> = several.iter().map(|&rev| self.id(rev)).collect();
                Err(Error::Revision(format!(
                    "Relative revision {label}@{} is ambiguous: several current revisions are on branch '{label}': {}",
                    relative.text,
                    ids.join(", ")
                )))
            }
        }
    }

    /// The places from which `+N` may count.
    fn upgrade_starts(&self, current: &Target, label: Option<&str>) -> Result<Vec<Place>, Error> {
        let Some(label) = label else {
            let names = target_names(current);
            let mut starts = Vec::new();
            for name in &names {
                starts.push(self.single(&name.as_str().into())?.map_or(Place::Nothing, Place::At));
            }
            return Ok(starts);
        };
        let current: Vec<Rev> = self.several(current)?.into_iter().filter_map(Place::rev).collect();
        let mut starts = self.filter_for_lineage(&current, Some(label), Lineage::Line)?;
        if starts.is_empty() {
            // No current revision is on the branch: count from the newest applied revisions that are.
            let applied = self.reach(current, Edges::Needs);
            let on_branch = self.filter_for_lineage(applied.list(), Some(label), Lineage::Line)?;
            let needed: HashSet<Rev> = on_branch.iter().flat_map(|&rev| self.entries[rev].needs()).collect();
            starts = on_branch.into_iter().filter(|rev| !needed.contains(rev)).collect();
        }
        Ok(starts.into_iter().map(Place::At).collect())
    }

    /// Of `revs` and everything that they need, the revisions without descendants in this set.
    #[must_use]
    pub fn all_current(&self, revs: &[Rev]) -> Vec<Rev> {
        self.tips(self.reach(revs.iter().copied(), Edges::Needs).list())
    }

    /// The places on a branch. `name` is a label or an identifier. An identifier stands for the revision's label if it
    /// has exactly one, else for its lineage.
    fn on_label(&self, places: Vec<Place>, name: &str) -> Result<Vec<Place>, Error> {
        let mut label = name.to_owned();
        if let Some(rev) = self.single(&name.into())?.filter(|&rev| self.id(rev) == name) {
            if let [only] = self.labels_of(rev) {
                label.clone_from(only);
            } else {
                let related = self.related(&[rev], Lineage::Line);
                let is_related = |place: &Place| place.rev().is_some_and(|rev| related.contains(rev));
                return Ok(places.into_iter().filter(is_related).collect());
            }
        }
        let has_label = |place: &Place| place.rev().is_some_and(|rev| self.labels_of(rev).contains(&label));
        Ok(places.into_iter().filter(has_label).collect())
    }

    /// Resolve `label@symbol`, or `symbol` if there is no label.
    fn single_on(&self, label: Option<&str>, symbol: &str) -> Result<Place, Error> {
        let target = match label {
            Some(label) => Target::Name(format!("{label}@{symbol}")),
            None => symbol.into(),
        };
        Ok(self.single(&target)?.map_or(Place::Nothing, Place::At))
    }
}

/// The names in a target, including those in nested collections.
fn target_names(target: &Target) -> Vec<String> {
    match target {
        Target::Nothing => Vec::new(),
        Target::Name(name) => vec![name.clone()],
        Target::Many(items) => items.iter().flat_map(target_names).collect(),
    }
}
