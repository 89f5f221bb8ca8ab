//! The harness notices what it is there for: on a disk that answers to a sync and does nothing, a power cut leaves damage.

use crate::fault::CUT;
use crate::point::Case;
use crate::scenarios::UPGRADE;
use crate::setting::SETTINGS;

#[test]
fn a_disk_that_lies_about_syncs_is_noticed() {
    let ready = UPGRADE.ready();
    for setting in SETTINGS.into_iter().filter(|setting| ["delete", "persist"].contains(&setting.name)) {
        let (mut found, end) = (Vec::new(), Case::new(&ready, setting).changes());
        // The commit is near the end.
        let points = (end.saturating_sub(24)..end).step_by(2);
        for lies in [false, true] {
            let case = Case { lies, ..Case::new(&ready, setting) };
            found.push(points.clone().filter_map(|at| case.point(CUT, at, 2).err()).collect::<Vec<String>>());
        }
        let struck = points.count();
        println!("{}: {struck} power cuts; damage after {} of them on a disk that lies", setting.name, found[1].len());
        assert_eq!(found[0], [""; 0]);
        let damage = ["damaged", "half state", "malformed"];
        assert!(found[1].iter().any(|what| damage.iter().any(|damage| what.contains(damage))), "{found:?}");
    }
}
